"""The stylesheet of the ordinary controls, made from the roles of colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def stylesheet(p: Mapping[str, str], px: Callable[[float], int]) -> str:
    """Menus, boxes, buttons and scroll bars in the look of the program; what is painted by hand is not in it."""
    return f"""
QToolTip {{ color: {p["surface"]}; background: {p["text"]}; border: none; padding: {px(4)}px {px(8)}px; }}
QMenu {{ background: {p["surface"]}; border: 1px solid {p["line"]}; padding: {px(4)}px; }}
QMenu::item {{ padding: {px(6)}px {px(24)}px {px(6)}px {px(12)}px; border-radius: {px(6)}px; color: {p["text"]}; }}
QMenu::icon {{ padding-left: {px(8)}px; }}
QMenu::item:selected {{ background: {p["selection"]}; color: {p["accent"]}; }}
QMenu::item:disabled {{ color: {p["muted"]}; }}
QMenu::separator {{ height: 1px; background: {p["line"]}; margin: {px(4)}px {px(8)}px; }}
QLineEdit {{
    background: {p["surface"]}; color: {p["text"]}; border: 1px solid {p["line"]}; border-radius: {px(8)}px;
    padding: 0 {px(8)}px; min-height: {px(34)}px; selection-background-color: {p["accent"]};
    selection-color: {p["on_accent"]};
}}
QLineEdit:focus {{ border: 1px solid {p["accent"]}; }}
QPushButton {{
    background: {p["surface"]}; color: {p["text"]}; border: 1px solid {p["line"]}; border-radius: {px(8)}px;
    padding: 0 {px(12)}px; min-height: {px(32)}px;
}}
QPushButton:hover {{ background: {p["background"]}; }}
QPushButton:pressed {{ background: {p["selection"]}; }}
QPushButton:focus {{ border: 1px solid {p["accent"]}; }}
QPushButton:disabled {{ color: {p["muted"]}; background: {p["background"]}; }}
QPushButton:checked {{ background: {p["selection"]}; border-color: {p["accent"]}; color: {p["accent"]}; }}
QPushButton[primary="true"] {{ background: {p["accent"]}; color: {p["on_accent"]}; border-color: {p["accent"]}; }}
QPushButton[quiet="true"] {{
    background: transparent; border: 1px solid transparent; color: {p["muted"]}; padding: 0 {px(6)}px;
    min-height: {px(26)}px; text-align: left;
}}
QPushButton[quiet="true"]:hover {{ background: {p["background"]}; color: {p["text"]}; }}
QPushButton[quiet="true"]:focus {{ border: 1px solid {p["accent"]}; }}
QPushButton::menu-indicator {{ image: none; width: 0; }}
QScrollArea, QAbstractScrollArea {{ border: none; }}
QScrollBar:vertical {{ background: transparent; width: {px(10)}px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {px(10)}px; margin: 0; }}
QScrollBar::handle {{ background: {p["line"]}; border-radius: {px(3)}px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: {px(32)}px; }}
QScrollBar::handle:horizontal {{ min-width: {px(32)}px; }}
QScrollBar::handle:hover {{ background: {p["muted"]}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: none; background: none; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
QSlider {{ min-height: {px(24)}px; }}
QSlider::groove:horizontal {{ height: {px(4)}px; background: {p["line"]}; border-radius: {px(2)}px; }}
QSlider::sub-page:horizontal {{ background: {p["accent"]}; border-radius: {px(2)}px; }}
QSlider::handle:horizontal {{
    width: {px(16)}px; height: {px(16)}px; margin: -{px(6)}px 0; border-radius: {px(8)}px;
    background: {p["accent"]};
}}
QSlider:focus {{ border: 1px solid {p["accent"]}; border-radius: {px(8)}px; }}
"""
