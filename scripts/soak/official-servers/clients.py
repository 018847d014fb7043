"""N official Python clients at once: clients.py LIBRARY GENERATED PORT TRANSPORT PROTOCOL N MS. Each opens, calls once and closes.
Prints the seconds until the last one has ended."""
import sys
import threading
import time

sys.path[:0] = sys.argv[1:3]
from napping import Napping
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.protocol.TCompactProtocol import TCompactProtocol
from thrift.protocol.THeaderProtocol import THeaderProtocol
from thrift.transport import THeaderTransport, TSocket, TTransport

port, transport, protocol, n, ms = int(sys.argv[3]), sys.argv[4], sys.argv[5], int(sys.argv[6]), int(sys.argv[7])
failed = []


def wire(socket):
    if transport == "header":
        kinds = THeaderTransport.THeaderClientType
        spoken = THeaderTransport.THeaderSubprotocolID.COMPACT if protocol == "compact" else THeaderTransport.THeaderSubprotocolID.BINARY
        return THeaderProtocol(socket, (kinds.HEADERS,), spoken)
    framed = TTransport.TFramedTransport(socket) if transport == "framed" else TTransport.TBufferedTransport(socket)
    return TCompactProtocol(framed) if protocol == "compact" else TBinaryProtocol(framed)


def one(i):
    try:
        socket = TSocket.TSocket("127.0.0.1", port)
        spoken = wire(socket)
        socket.open()
        if Napping.Client(spoken).nap(ms, str(i)) != str(i):
            failed.append("a wrong answer")
        socket.close()
    except Exception as error:
        failed.append(repr(error))


threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
began = time.monotonic()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
seconds = time.monotonic() - began
if failed:
    sys.exit("%d of %d failed: %s" % (len(failed), n, failed[0]))
print(seconds)
