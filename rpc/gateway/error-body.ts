import type { Annotation } from '../idl/model.ts';
import type { GatewayProblem } from './http-types.ts';

/** Makes the body of an error that the gateway answers itself: JSON text. */
export type ErrorBody = (problem: GatewayProblem) => string;

export const defaultErrorTemplate = '{"error":{"code":"$code","message":"$message"}}';

/**
 * A template is JSON text in which `$code`, `$message`, `$status` and `$at` are replaced: inside a string literal as text,
 * and a bare `$status` as a number.
 */
export function errorBodyFromTemplate(template: string): ErrorBody {
  const parts = template.split(/\$(code|message|status|at)\b/);
  return (problem) => {
    let body = '';
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      body += i % 2 === 0 ? part : JSON.stringify(String(placeholder(problem, part))).slice(1, -1);
    }
    return body;
  };
}

/** The status and the text of an `api.error_message = "413: The body is too large."`, or null if it is none. */
export function splitErrorMessage(value: string): [number, string] | null {
  const parts = /^([45][0-9][0-9]):\s*(.+)$/s.exec(value);
  return parts === null ? null : [Number(parts[1]), parts[2]!];
}

/** What a service's annotations say instead of the gateway's own messages, by status. */
export function errorMessages(annotations: readonly Annotation[]): ReadonlyMap<number, string> {
  return new Map(
    annotations
      .filter((one) => one.name === 'api.error_message')
      .flatMap((one) => {
        const message = splitErrorMessage(one.value);
        return message === null ? [] : [message];
      }),
  );
}

/** null where the template makes JSON, else what is wrong with it. */
export function templateFault(template: string): string | null {
  const body = errorBodyFromTemplate(template)({
    status: 400,
    code: 'code',
    message: 'a "message"',
    at: 'body.x',
    rpcMethod: 'm',
  });
  try {
    JSON.parse(body);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function placeholder(problem: GatewayProblem, name: string): string | number {
  switch (name) {
    case 'code':
      return problem.code;
    case 'status':
      return problem.status;
    case 'at':
      return problem.at ?? '';
    default:
      return problem.message;
  }
}
