/** Codes of what this client itself finds wrong with a connection; the system's own (`ECONNRESET`, …) come besides. */
export type UpstreamFaultCode =
  | 'ERR_UPSTREAM_CLOSED'
  | 'ERR_UPSTREAM_CONNECT_TIMEOUT'
  | 'ERR_UPSTREAM_FIRST_BYTE_TIMEOUT'
  | 'ERR_UPSTREAM_IDLE_TIMEOUT'
  | 'ERR_RESPONSE_MALFORMED';

/** A connection to the monolith that is of no use any more. */
export class UpstreamFault extends Error {
  readonly code: UpstreamFaultCode;

  constructor(code: UpstreamFaultCode, message: string) {
    super(message);
    this.code = code;
  }
}
