import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import { type EventName, events } from '../../../control/api/contract/events.ts';

export interface SeenEvent {
  readonly event: EventName;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into data of every shape
  readonly data: any;
}

/** Reads the admin API's events, and holds each against the contract. */
export class EventReader {
  readonly seen: SeenEvent[] = [];
  readonly ended: Promise<void>;
  lastId = '';
  readonly #end = new AbortController();
  #woken = Promise.withResolvers<void>();

  private constructor(response: Response, end: AbortController) {
    this.#end = end;
    this.ended = this.#read(response);
  }

  static async open(url: string, tokenFile: string, lastId?: string, query = ''): Promise<EventReader> {
    const token = (await readFile(tokenFile, 'utf8')).trim();
    const end = new AbortController();
    const response = await fetch(`${url}/v1/events${query}`, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
      },
      signal: end.signal,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    return new EventReader(response, end);
  }

  /** The first event of that kind, seen by now or to come. */
  async next(wanted: (event: SeenEvent) => boolean): Promise<SeenEvent> {
    const missing = setTimeout(() => this.#end.abort(), 15_000);
    try {
      for (;;) {
        const found = this.seen.find(wanted);
        if (found !== undefined) return found;
        if (this.#end.signal.aborted) throw new Error(`no event ${wanted}: ${JSON.stringify(this.seen)}`);
        await this.#woken.promise;
      }
    } finally {
      clearTimeout(missing);
    }
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.ended;
  }

  async #read(response: Response): Promise<void> {
    let event: EventName | null = null;
    try {
      // biome-ignore lint/suspicious/noExplicitAny: the two kinds of web streams are one at run time
      for await (const line of createInterface({ input: Readable.fromWeb(response.body as any) })) {
        if (line.startsWith('id: ')) this.lastId = line.slice(4);
        if (line.startsWith('event: ')) event = line.slice(7) as EventName;
        if (!line.startsWith('data: ') || event === null) continue;
        const data = JSON.parse(line.slice(6));
        expect(events[event].parse(data)).toEqual(data);
        this.seen.push({ event, data });
        this.#wake();
      }
    } catch (error) {
      if (!this.#end.signal.aborted) throw error;
    } finally {
      this.#end.abort();
      this.#wake();
    }
  }

  #wake(): void {
    this.#woken.resolve();
    this.#woken = Promise.withResolvers();
  }
}
