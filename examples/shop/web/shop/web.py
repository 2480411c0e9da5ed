"""The web server: it answers, and says that it is healthy."""

from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok\n" if self.path == "/health" else b"the shop\n")


HTTPServer(("", 8000), Handler).serve_forever()
