/** What the gateway says when the service says nothing. */
export interface GatewayProblem {
  readonly status: number;
  /** `bad_request`, `unavailable`, …: docs/idl.md lists them. */
  readonly code: string;
  readonly message: string;
  /** The place in the request: `body.items[2].price`, `query.limit`. */
  readonly at?: string;
  /** As the router has it, or `X-Request-Id`. */
  readonly requestId?: string;
  readonly rpcMethod: string;
}
