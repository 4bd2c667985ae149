"""How a page is read. Only the reading worker imports this: numpy, OpenCV and onnxruntime stay in its process."""
