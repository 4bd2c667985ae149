"""Widgets: functions of domain values plus signals of intent."""
