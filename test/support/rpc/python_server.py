"""Serves the service on Python's officially generated code, one thread for each connection, and prints `ready HOST:PORT`."""
import sys

sys.path[:0] = [sys.argv[1], sys.argv[2]]
from thrift.protocol.TBinaryProtocol import TBinaryProtocolFactory
from thrift.protocol.TCompactProtocol import TCompactProtocolFactory
from thrift.server.TServer import TThreadedServer
from thrift.transport import TSocket, TTransport
from everything import EverythingService
from everything.ttypes import Failure

transport, protocol = sys.argv[3], sys.argv[4]


class Handler:
    def ping(self, text):
        return "pong " + text

    def echo(self, value):
        return value

    def nothing(self):
        pass

    def add(self, left, right):
        return left + right

    def isOdd(self, number):
        return number % 2 != 0

    def notify(self, text):
        pass

    def fail(self, how):
        if how == "declared":
            raise Failure(message="as declared", code=7)
        raise RuntimeError("not declared")


listening = TSocket.TServerSocket("127.0.0.1", 0)
buffered = transport == "buffered"
server = TThreadedServer(
    EverythingService.Processor(Handler()),
    listening,
    TTransport.TBufferedTransportFactory() if buffered else TTransport.TFramedTransportFactory(),
    TCompactProtocolFactory() if protocol == "compact" else TBinaryProtocolFactory(),
    daemon=True,
)
listening.listen()
# `serve` listens again, which would take another port.
listening.listen = lambda: None
print("ready 127.0.0.1:%d" % listening.handle.getsockname()[1], flush=True)
server.serve()
