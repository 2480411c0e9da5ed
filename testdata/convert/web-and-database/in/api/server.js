require('http').createServer((_, to) => to.end('notes')).listen(3000)
