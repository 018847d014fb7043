// The rooms of rpc are two stairs on one ground, and the linter lets no import point up them:
//   idl, wire → codec → client, server        Thrift
//   idl, codec → json → validation → http → gateway (which calls by client), reports        HTTP in front of it
export { type AnswersOptions, answersThrift } from './client/answers.ts';
export {
  type CallArguments,
  createClient,
  type ThriftClient,
  type TypedClient,
} from './client/client.ts';
export type { CallContext, CallOptions, CallReport, ClientOptions } from './client/options.ts';
export { type StructCodec, structCodec } from './codec/struct-codec.ts';
export { ThriftException } from './codec/thrift-exception.ts';
export { createGateway, type Gateway, type GatewayOptions } from './gateway/gateway.ts';
export type { HttpInput, HttpOutput, InvokeOptions } from './gateway/http-types.ts';
export type { HttpRoute } from './http/binding.ts';
export type { ErrorBody } from './http/error-body.ts';
export type { GatewayProblem } from './http/gateway-problem.ts';
export { httpRoutes } from './http/http-routes.ts';
export { loadIdl } from './http/load-idl.ts';
export type { Idl } from './idl/model.ts';
export { type OpenApiOptions, openApiDocument } from './reports/openapi.ts';
export { idlRoutesReport, type ReportedRoute } from './reports/routes-report.ts';
export { typescriptTypes } from './reports/typescript-types.ts';
export type { HealthOptions } from './server/health-endpoint.ts';
export { serve } from './server/serve.ts';
export type {
  HandlerContext,
  Handlers,
  ServedCall,
  ServeOptions,
  ServerLog,
  ServeTlsFiles,
  ThriftServer,
} from './server/serve-options.ts';
export { registeredTracer } from './telemetry/registered-tracer.ts';
