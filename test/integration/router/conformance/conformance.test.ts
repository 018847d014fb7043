import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldValues, type RawMessage, sendRaw } from '../../../support/router/raw-http.ts';
import { startConformanceStage } from './conformance-stage.ts';
import { fieldVectors } from './field-vectors.ts';
import { framingVectors } from './framing-vectors.ts';
import { responseVectors } from './response-vectors.ts';
import { targetVectors } from './target-vectors.ts';
import type { MessageExpectation, Vector } from './vector.ts';

let played: Awaited<ReturnType<typeof startConformanceStage>>;
let monolith: typeof played.monolith;
let stage: typeof played.stage;

beforeAll(async () => {
  played = await startConformanceStage();
  ({ monolith, stage } = played);
});

afterAll(async () => {
  await played[Symbol.asyncDispose]();
});

describe('conformance', () => {
  it('has at least 150 vectors', () => {
    const all = [framingVectors, targetVectors, fieldVectors, responseVectors].flat();
    expect(all.length).toBeGreaterThanOrEqual(150);
  });
  describe('framing', () => it.for(framingVectors.map(named))('%s', ([, vector]) => check(vector)));
  describe('targets', () => it.for(targetVectors.map(named))('%s', ([, vector]) => check(vector)));
  describe('fields', () => it.for(fieldVectors.map(named))('%s', ([, vector]) => check(vector)));
  describe('responses', () => it.for(responseVectors.map(named))('%s', ([, vector]) => check(vector)));
});

function named(vector: Vector): [string, Vector] {
  return [vector.name.replaceAll('%', '%%').slice(0, 100), vector];
}

async function check(vector: Vector): Promise<void> {
  monolith.expect({
    bytes: vector.answer ?? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    close: vector.answerCloses ?? false,
  });
  const got = await sendRaw(stage.port, vector.send, {
    count: vector.count ?? 1,
    head: vector.head ?? false,
    // A close may come a little after the answer; it ends the wait.
    settleMs: vector.closes === true ? 15_000 : 15,
    timeoutMs: 15_000,
  });
  expect(
    got.messages.map((message) => Number(message.startLine.split(' ')[1])),
    got.text,
  ).toEqual(vector.status);
  if (vector.gets) expectMessage(got.messages.at(-1), vector.gets);
  if (vector.closes !== undefined) expect(got.closed).toBe(vector.closes);
  if (vector.sees === null) expect([monolith.seen, monolith.loose]).toEqual([[], '']);
  else if (vector.sees) {
    const { requests, ...message } = vector.sees;
    if (requests !== undefined) expect(monolith.seen).toHaveLength(requests);
    if (requests !== 0) expectMessage(monolith.seen.at(-1), message);
  }
}

function expectMessage(message: RawMessage | undefined, wanted: MessageExpectation): void {
  expect(message).toBeDefined();
  if (message === undefined) return;
  if (wanted.startLine !== undefined) expect(message.startLine).toBe(wanted.startLine);
  if (wanted.body !== undefined) expect(message.body).toBe(wanted.body);
  if (wanted.chunked !== undefined) expect(message.chunked).toBe(wanted.chunked);
  if (wanted.trailers !== undefined) expect(message.trailers).toEqual(wanted.trailers);
  for (const name of wanted.without ?? []) expect(fieldValues(message, name), name).toEqual([]);
  if (wanted.fields === undefined) return;
  const names = new Set(wanted.fields.map((field) => field.slice(0, field.indexOf(':')).toLowerCase()));
  const have = message.fields.filter((field) => names.has(field.slice(0, field.indexOf(':')).toLowerCase()));
  const inName = (field: string) =>
    field.replace(/^(?:Host|Connection|Content-Length|Upgrade)(?=:)/i, (name) => name.toLowerCase());
  expect(have.map(inName)).toEqual(wanted.fields.map(inName));
}
