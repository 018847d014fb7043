import { expect } from 'vitest';
import type { z } from 'zod';
import {
  actions,
  errorAnswer,
  inquiries,
  orders,
  questions,
  streamLine,
} from '../../../control/api/index.ts';

/**
 * Holds an answer against the contract: it must be what its schema says, and say nothing more. Every test that asks the admin
 * API so tests the contract, too.
 */
export function asDeclared(method: 'GET' | 'POST', url: string, status: number, answer: unknown): void {
  check(status < 300 ? declaredAnswer(method, url) : errorAnswer, answer);
}

/** The same for one line of long work. */
export function lineAsDeclared(url: string, line: unknown): void {
  check(streamLine(declaredAnswer('POST', url)), line);
}

function declaredAnswer(method: 'GET' | 'POST', url: string): z.ZodType {
  const path = url.replace(/[?].*/, '');
  const found =
    method === 'GET'
      ? Object.values(questions).find((one) =>
          new RegExp(`^${one.path.replace('{feature}', '[^/]+')}$`).test(path),
        )
      : Object.entries({ ...inquiries, ...actions, ...orders }).find(([name]) =>
          path.endsWith(`/${name}`),
        )?.[1];
  if (found === undefined) throw new Error(`the contract declares no ${method} ${path}`);
  return found.answer;
}

function check(schema: z.ZodType, answer: unknown): void {
  expect(schema.parse(answer)).toEqual(answer);
}
