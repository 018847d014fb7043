"""An official Python server: server.py LIBRARY GENERATED KIND TRANSPORT PROTOCOL THREADS PORT. Prints `ready HOST:PORT`."""
import sys
import time

sys.path[:0] = sys.argv[1:3]
from napping import Napping
from thrift.protocol.TBinaryProtocol import TBinaryProtocolFactory
from thrift.protocol.TCompactProtocol import TCompactProtocolFactory
from thrift.protocol.THeaderProtocol import THeaderProtocolFactory
from thrift.server.TNonblockingServer import TNonblockingServer
from thrift.server.TServer import TThreadedServer, TThreadPoolServer
from thrift.transport import TSocket, TTransport

kind, transport, protocol, threads, port = sys.argv[3], sys.argv[4], sys.argv[5], int(sys.argv[6]), int(sys.argv[7])


class Handler:
    def nap(self, ms, text):
        time.sleep(ms / 1000)
        return text


processor = Napping.Processor(Handler())
listening = TSocket.TServerSocket("127.0.0.1", port)
listening._backlog = 1024
if transport == "header":
    transports, protocols = TTransport.TBufferedTransportFactory(), THeaderProtocolFactory()
else:
    framed = transport == "framed"
    transports = TTransport.TFramedTransportFactory() if framed else TTransport.TBufferedTransportFactory()
    protocols = TCompactProtocolFactory() if protocol == "compact" else TBinaryProtocolFactory()
if kind == "nonblocking":
    server = TNonblockingServer(processor, listening, protocols, protocols, threads)
    server.prepare()
else:
    if kind == "threaded":
        server = TThreadedServer(processor, listening, transports, protocols, daemon=True)
    else:
        server = TThreadPoolServer(processor, listening, transports, protocols, daemon=True)
        server.setNumThreads(threads)
    listening.listen()
    # `serve` listens again, which would take another port.
    listening.listen = lambda: None
print("ready 127.0.0.1:%d" % listening.handle.getsockname()[1], flush=True)
server.serve()
