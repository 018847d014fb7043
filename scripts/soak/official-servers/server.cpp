// An official C++ server: server KIND TRANSPORT PROTOCOL THREADS PORT. Prints `ready HOST:PORT`.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include <thrift/concurrency/ThreadFactory.h>
#include <thrift/concurrency/ThreadManager.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/protocol/THeaderProtocol.h>
#include <thrift/server/TNonblockingServer.h>
#include <thrift/server/TThreadPoolServer.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TNonblockingServerSocket.h>
#include <thrift/transport/TServerSocket.h>

#include "Napping.h"

using namespace apache::thrift;
using namespace apache::thrift::concurrency;
using namespace apache::thrift::protocol;
using namespace apache::thrift::server;
using namespace apache::thrift::transport;

class Handler : public NappingIf {
 public:
  void nap(std::string& answer, const int32_t ms, const std::string& text) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    answer = text;
  }
};

class Ready : public TServerEventHandler {
 public:
  explicit Ready(int port) : port_(port) {}
  void preServe() override {
    std::printf("ready 127.0.0.1:%d\n", port_);
    std::fflush(stdout);
  }

 private:
  int port_;
};

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  const std::string kind = argv[1], transport = argv[2], protocol = argv[3];
  const int threads = std::atoi(argv[4]), port = std::atoi(argv[5]);

  auto processor = std::make_shared<NappingProcessor>(std::make_shared<Handler>());
  std::shared_ptr<TProtocolFactory> protocols;
  std::shared_ptr<TTransportFactory> transports = std::make_shared<TFramedTransportFactory>();
  if (transport == "header") {
    protocols = std::make_shared<THeaderProtocolFactory>();
    transports = std::make_shared<TTransportFactory>();
  } else {
    if (transport == "buffered") transports = std::make_shared<TBufferedTransportFactory>();
    if (protocol == "compact") protocols = std::make_shared<TCompactProtocolFactory>();
    else protocols = std::make_shared<TBinaryProtocolFactory>();
  }
  std::shared_ptr<ThreadManager> pool = ThreadManager::newSimpleThreadManager(threads);
  pool->threadFactory(std::make_shared<ThreadFactory>());
  pool->start();
  std::shared_ptr<TServer> server;
  if (kind == "nonblocking") {
    auto listening = std::make_shared<TNonblockingServerSocket>("127.0.0.1", port);
    server = std::make_shared<TNonblockingServer>(processor, protocols, listening, pool);
  } else if (kind == "pool") {
    server = std::make_shared<TThreadPoolServer>(
        processor, std::make_shared<TServerSocket>("127.0.0.1", port), transports, protocols, pool);
  } else {
    server = std::make_shared<TThreadedServer>(
        processor, std::make_shared<TServerSocket>("127.0.0.1", port), transports, protocols);
  }
  server->setServerEventHandler(std::make_shared<Ready>(port));
  server->serve();
  return 0;
}
