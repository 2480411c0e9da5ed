port = 9100
