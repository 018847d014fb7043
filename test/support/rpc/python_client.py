"""Calls the service through Python's officially generated code and prints what came back as one line of JSON."""
import json
import sys

sys.path[:0] = [sys.argv[1], sys.argv[2]]
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.protocol.TCompactProtocol import TCompactProtocol
from thrift.Thrift import TApplicationException
from thrift.transport import TSocket, TTransport
from everything import EverythingService
from everything.ttypes import Choice, Color, Everything, Failure, Inner, Tree
from shared.ttypes import Stamp

port, transport, protocol = int(sys.argv[3]), sys.argv[4], sys.argv[5]
socket = TSocket.TSocket("127.0.0.1", port)
wrapped = TTransport.TBufferedTransport(socket) if transport == "buffered" else TTransport.TFramedTransport(socket)
client = EverythingService.Client((TCompactProtocol if protocol == "compact" else TBinaryProtocol)(wrapped))
wrapped.open()
value = Everything(
    flag=True, tiny=-128, small=-32768, medium=2147483647, big=-(2**63), ratio=0.1, text="한글 🙂",
    bytes=b"\x00\xff", color=Color.blue, numbers=[1, -1], tags={"a", ""}, counts={"x": 2**63 - 1},
    byId={7: Inner(name="seven", count=7)}, inner=Inner(name="i"), choice=Choice(number=5),
    tree=Tree(value=1, children=[Tree(value=2)]), grid=[[True, False], []], ratios=[1e300],
    byColor={Color.red: ["r"]}, stamp=Stamp(at=1, by="me"), nested=[Everything(text="in")], ids={1, 2},
    switches={True: 1, False: 0},
)
client.notify("one way")
result = {"same": client.echo(value) == value, "pong": client.ping("py"), "sum": client.add(9007199254740993, 1)}
try:
    client.fail("declared")
except Failure as failure:
    result["declared"] = [failure.message, failure.code]
try:
    client.fail("other")
except TApplicationException as failure:
    result["undeclared"] = failure.type
print(json.dumps(result), flush=True)
