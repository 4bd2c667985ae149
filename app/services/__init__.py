"""What the program does, free of Qt: one module or small folder a use case."""
