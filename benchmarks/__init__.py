"""Speed, memory and steadiness of the sandbox, measured beside the limit of its HTTP server and beside other mock servers."""
