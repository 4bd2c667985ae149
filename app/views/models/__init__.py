"""QObjects that hold what a screen shows and call services through Background."""
