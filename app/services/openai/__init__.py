"""Models behind any endpoint that speaks as OpenAI's does: vLLM, llama.cpp, Ollama on the payer's own machines."""
