import { appendFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { stripColours } from '../../../scripts/terminal/text-width.ts';
import type { Answer, QuestionStand } from './question-stand.ts';
import { otherScreens, screenFaults } from './screen-faults.ts';
import { pageChecks, readPages } from './twenty-pages.ts';

/** What the test has done and seen itself, to compare answers with. */
export interface Truth {
  readonly stage: string;
  readonly owner: 'legacy' | 'service';
  /** Percent of reads of one booking at the service. */
  readonly share: number;
  /** Where a read of one booking is sent, and a write. */
  readonly read: { readonly side: string };
  readonly write: { readonly outcome: string; readonly side: string };
  /** The latest change: who made it, and why. */
  readonly changed: { readonly who: string; readonly why: string };
  /** Routers that are alive. */
  readonly routers: number;
  readonly copying: boolean;
  /** Rows that the last verify compared; null: there was none. */
  readonly verified: number | null;
  /** Whether a cutover and a rollback would begin; a code: why they are not even looked at. */
  readonly cutover: boolean | string;
  readonly rollback: boolean | string;
  /** The guard that says no to a cutover. */
  readonly guard?: string;
  /** Of each handover: its direction, its outcome, requests held as far as is known. */
  readonly handovers: readonly (readonly [direction: string, outcome: string, held: number | null])[];
  /** The command that takes away what banyan has in the databases. */
  readonly leftovers: string | null;
  readonly serviceDead?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Json = any;

interface Question {
  readonly args: readonly string[];
  /** Exit statuses that are well; default 0. */
  readonly codes?: (truth: Truth) => readonly number[];
  readonly check: (answer: Json, truth: Truth, stand: QuestionStand) => void | Promise<void>;
}

const feature = 'bookings';
const refused = (said: boolean | string) => (typeof said === 'string' ? [1] : said ? [0] : [1]);
/** `status` says by its exit status whether all is well. */
const wellOrNot = () => [0, 1, 3];

/** By their numbers in docs/questions.md. */
export const questions: Readonly<Record<number, Question>> = {
  1: {
    args: ['explain', 'GET', '/v2/bookings/7', '-H', 'x-client-id: 7'],
    async check(read, truth, stand) {
      expect(read).toMatchObject({ side: truth.read.side, route: 'GET /v2/bookings/:number' });
      const write = await json(stand, ['explain', 'POST', '/v2/bookings']);
      expect(write.value).toMatchObject(truth.write);
    },
  },
  2: {
    args: ['routes'],
    check({ routes }, { share }) {
      const one = routes.find(({ id }: Json) => id === 'GET /v2/bookings/:number');
      expect(one.readPercent).toBe(share);
    },
  },
  3: {
    args: ['audit', feature],
    check(entries, { changed }) {
      // What a handover cost clients is told some seconds later, and is no change.
      const last = entries.find(({ from, to }: Json) => from !== null || to !== null);
      expect(last).toMatchObject(changed);
    },
  },
  4: {
    args: ['status'],
    codes: wellOrNot,
    async check(_status, { routers }, stand) {
      // A router hears of another route table with its next beat.
      await vi.waitFor(async () => {
        const { value } = await json(stand, ['status']);
        expect(value.replicas).toHaveLength(routers);
        expect(value.replicas.filter((one: Json) => one.version !== value.version)).toEqual([]);
      }, 30_000);
    },
  },
  5: {
    args: ['status', feature],
    codes: wellOrNot,
    check({ features: [{ stage, owner, move }] }, truth, { halt }) {
      expect({ stage, owner }).toEqual({ stage: truth.stage, owner: truth.owner });
      if (!truth.copying) return;
      // Its first chunk was read, and has not landed.
      const standing = move.copied.find(({ table }: Json) => table === halt.about.table);
      expect(standing).toMatchObject({ complete: false, rows: 0 });
    },
  },
  6: {
    args: ['status', feature],
    codes: wellOrNot,
    check({ features: [{ move }] }, { copying }) {
      if (copying) expect(move.pace).toMatchObject({ share: expect.any(Number), because: expect.any(Array) });
      else expect(move.pace).toBe(null);
    },
  },
  7: {
    args: ['status', feature],
    codes: wellOrNot,
    async check({ features: [{ move, hold }] }, { copying }, stand) {
      if (!copying && !hold) return;
      // Keys of other tables than the one that stands are carried over meanwhile.
      let said = move.backlog;
      await vi.waitFor(async () => {
        const before = await waitingKeys(stand);
        const told = said ?? (await json(stand, ['status', feature])).value.features[0].move.backlog;
        said = null;
        expect({ ...told, after: await waitingKeys(stand) }).toMatchObject({
          entries: before,
          after: before,
        });
      }, 10_000);
    },
  },
  8: {
    args: ['status', feature],
    codes: wellOrNot,
    check({ features: [{ verified }] }, truth) {
      if (truth.verified === null) expect(verified).toBe(null);
      else expect(verified).toMatchObject({ rowsCompared: truth.verified, different: 0, unsettled: 0 });
    },
  },
  9: {
    args: ['row', feature, '7', '--table', 'bookings'],
    codes: ({ copying }) => (copying ? [0, 1] : [0]),
    async check({ rows: [row] }, _truth, { desks }) {
      const [legacy, service] = await Promise.all([desks.legacy.find(7), desks.service.find(7)]);
      expect(row.on).toEqual({ legacy: legacy !== null, service: service !== null });
      const guest = row.columns.find(({ name }: Json) => name === 'guest');
      expect(guest).toMatchObject({ legacy: legacy?.guest ?? null, service: service?.guest ?? null });
    },
  },
  10: { args: ['writers', feature, '--last', '1h'], codes: () => [0, 1], check: isUsage('write') },
  11: { args: ['readers', feature, '--last', '1h'], codes: () => [0, 1], check: isUsage('read') },
  12: {
    args: ['cutover', feature, '--dry-run'],
    codes: ({ cutover }) => refused(cutover),
    check(answer, { cutover, guard }) {
      if (typeof cutover === 'string') return void expect(answer.error.code).toBe(cutover);
      expect(answer.wouldBegin).toBe(cutover);
      const closed = answer.gate.filter(({ ok }: Json) => !ok);
      expect(closed.map(({ check }: Json) => check)).toEqual(guard === undefined ? [] : [guard]);
      for (const { fix } of closed) expect(fix).toMatch(/./);
    },
  },
  13: {
    args: ['cutover', feature, '--dry-run'],
    codes: ({ cutover }) => refused(cutover),
    async check({ heldBefore }, { cutover }, stand) {
      if (typeof cutover === 'string') return;
      const { value } = await json(stand, ['holds', feature]);
      expect(heldBefore).toEqual(value.map(({ holdMs }: Json) => holdMs));
    },
  },
  14: {
    args: ['holds', feature],
    check(answer, { handovers }) {
      const told = answer.map(({ direction, outcome, clients }: Json) => [
        ...[direction, outcome],
        clients === null ? null : clients.held,
      ]);
      expect(told).toEqual(handovers);
    },
  },
  15: {
    args: ['rollback', feature, '--dry-run'],
    codes: ({ rollback }) => refused(rollback),
    check(answer, { rollback }) {
      if (typeof rollback === 'string') expect(answer.error.code).toBe(rollback);
      else expect(answer.wouldBegin).toBe(rollback);
    },
  },
  16: {
    args: ['diff', feature],
    check({ feature: of, different }) {
      expect([of, different]).toEqual([feature, 0]);
    },
  },
  17: {
    args: ['traffic', feature, '--no-progress'],
    check({ traffic }, { serviceDead, share, stage }) {
      // A read went through each router a moment ago.
      expect(traffic).not.toBe(null);
      if (serviceDead || share === 0 || stage === 'cutting_over') return;
      expect(traffic.service.errorsPerSecond).toBe(0);
    },
  },
  18: {
    args: ['plan', feature],
    codes: () => [0, 1],
    check({ stage, steps, faults }, truth) {
      expect(stage).toBe(truth.stage);
      expect(steps.some(({ standing }: Json) => standing === 'now') || faults.length > 0).toBe(true);
      if (truth.serviceDead) expect(JSON.stringify(faults)).toMatch(/service/);
    },
  },
  19: {
    args: ['leftovers', feature],
    async check({ features: [left], state }, truth, { desks, schema }) {
      expect(state.schema).toBe(schema);
      expect(left.command).toBe(truth.leftovers);
      if (left.command === null) return;
      const [triggers]: Json = await desks.legacy.pool.query(
        'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()',
      );
      const sql = left.statements.map((one: Json) => one.sql).join('\n');
      for (const { name } of triggers) expect(sql).toContain(name);
    },
  },
  20: {
    args: ['monolith', '--access-log', 'ACCESS_LOG'],
    check({ tables, routes }, { stage }) {
      const own = tables.map((one: Json) => [one.table, one.feature, one.stage]).sort();
      expect(own).toEqual([
        ['booking_notes', feature, stage],
        ['bookings', feature, stage],
      ]);
      const asked = routes.filter(({ requests }: Json) => requests > 0);
      expect(asked.map((one: Json) => [one.method, one.path, one.requests, one.feature]).sort()).toEqual([
        ['GET', '/about', 1, null],
        ['GET', '/v2/bookings/:bookingId', 2, feature],
      ]);
    },
  },
};

/** Dirty keys in legacy's logs, as the server has them. */
async function waitingKeys({ desks, schema }: QuestionStand): Promise<number> {
  const server = desks.legacy.pool;
  const [logs]: Json = await server.query(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE 'mover\\_log%'",
    [schema],
  );
  expect(logs).not.toEqual([]);
  let entries = 0;
  for (const { name } of logs) {
    const [[row]]: Json = await server.query('SELECT COUNT(*) AS n FROM ??.??', [schema, name]);
    // The first entry stays, so that an emptied log shows.
    entries += row.n - 1;
  }
  return entries;
}

function isUsage(access: string): Question['check'] {
  return (answer) => {
    // A server whose table of statements was filled by other tests says so instead.
    if (answer.error !== undefined) expect(answer.error.code).toBe('BANYAN_USAGE_NOT_KEPT');
    else expect(answer).toMatchObject({ access, tables: ['bookings', 'booking_notes'] });
  };
}

async function json(stand: QuestionStand, args: readonly string[]): Promise<{ code: number; value: Json }> {
  const { code, text } = await stand.cli([...args, '--json']);
  return { code, value: JSON.parse(text) };
}

/**
 * Asks all of them at once, each for its JSON and as people on a terminal of 80 columns read it. Returns what was wrong with the answers.
 * The screens of other commands are looked at besides. With SCREENS, a file, what terminals of 80 and 200 columns show is added to it.
 */
export async function askAll(
  stand: QuestionStand,
  state: string,
  truth: Truth,
  page: Page | null,
): Promise<string[]> {
  const answers: Record<number, Json> = {};
  const faults = await Promise.all(
    Object.entries(questions).map(async ([number, { args, codes, check }]) => {
      const about = `question ${number} (${args.join(' ')}), ${state}`;
      const asked = wordsOf(args, stand);
      try {
        const [{ code, value }, screen] = await Promise.all([json(stand, asked), stand.cli(asked, 80)]);
        const wanted = codes?.(truth) ?? [0];
        expect(wanted, JSON.stringify(value)).toContain(code);
        expect(wanted, screen.text).toContain(screen.code);
        expect(screenFaults(screen.text)).toEqual([]);
        expect(screen.text.trim()).not.toBe('');
        if (process.env.SCREENS)
          await keepScreens(process.env.SCREENS, about, screen, await stand.cli(asked, 200));
        answers[Number(number)] = value;
        await check(value, truth, stand);
        return [];
      } catch (error) {
        return [`${about}: ${(error as Error).message}`];
      }
    }),
  );
  const screens = (state === 'copied' || state === 'half dead' ? otherScreens : []).map(async (args) => {
    const about = `${args.join(' ')}, ${state}`;
    const { text } = await stand.cli(args, 80);
    if (process.env.SCREENS) await keepScreens(process.env.SCREENS, about, { code: 0, text });
    return screenFaults(text).map((fault) => `${about}: ${fault}`);
  });
  const looked = await Promise.all(screens);
  const wide = state === 'half dead' ? await wideScreens(stand) : [];
  const shown = page === null ? [] : await comparePages(page, stand, state, answers);
  return [...faults, ...looked, ...wide, ...shown].flat();
}

/** With what a process takes to start it is two seconds. */
const withinMs = 1_500;
const tries = 8;

/** Asks one after the other: those that took longer each time. What else the machine had to do in one moment is not the command's. */
export async function slowQuestions(stand: QuestionStand): Promise<string[]> {
  const slow: string[] = [];
  for (const [number, { args }] of Object.entries(questions)) {
    const asked = wordsOf(args, stand);
    let best = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < tries && best > withinMs; turn += 1) {
      const began = performance.now();
      await stand.cli(asked, 80);
      best = Math.min(best, performance.now() - began);
    }
    if (best > withinMs) slow.push(`question ${number} (${args.join(' ')}) takes ${Math.round(best)} ms`);
  }
  return slow;
}

function wordsOf(args: readonly string[], { folder }: QuestionStand): string[] {
  return args.map((arg) => (arg === 'ACCESS_LOG' ? `${folder}/access.log` : arg));
}

/** The same screens on a wide terminal, in colours: Node asks the process's own environment for them. */
async function wideScreens(stand: QuestionStand): Promise<string[]> {
  const { FORCE_COLOR, NO_COLOR } = process.env;
  const columns = 200;
  process.env.FORCE_COLOR = '1';
  delete process.env.NO_COLOR;
  try {
    const asked = [...Object.values(questions).map(({ args }) => args), ...otherScreens];
    const screens = await Promise.all(
      asked.map(async (args) => {
        const { text } = await stand.cli(wordsOf(args, stand), columns);
        return { about: args.join(' '), text };
      }),
    );
    const coloured = screens.filter(({ text }) => stripColours(text) !== text).length;
    return [
      ...screens.flatMap(({ about, text }) =>
        screenFaults(text, columns, true).map((fault) => `${about}, ${columns} columns: ${fault}`),
      ),
      ...(coloured > asked.length / 3 ? [] : [`${coloured} of ${asked.length} screens have colours`]),
    ];
  } finally {
    process.env.FORCE_COLOR = FORCE_COLOR;
    process.env.NO_COLOR = NO_COLOR;
    if (FORCE_COLOR === undefined) delete process.env.FORCE_COLOR;
    if (NO_COLOR === undefined) delete process.env.NO_COLOR;
  }
}

/** Whether the dashboard says the same. */
async function comparePages(
  page: Page,
  stand: QuestionStand,
  state: string,
  answers: Record<number, Json>,
): Promise<string[]> {
  const pages = await readPages(page).catch((error: Error) => error.message);
  const waiting = ({ features: [{ move }] }: Json) => move?.backlog?.entries ?? null;
  // Nothing was carried over between the command's answer and the page. Under traffic as many may wait again, by chance.
  const still =
    state !== 'under traffic' &&
    answers[7] !== undefined &&
    waiting(answers[7]) === waiting((await json(stand, ['status', feature])).value);
  if (typeof pages === 'string') return [`the dashboard, ${state}: ${pages}`];
  return Object.entries(pageChecks).flatMap(([number, check]) => {
    try {
      check(pages, answers[Number(number)], still);
      return [];
    } catch (error) {
      return [`question ${number} on the dashboard, ${state}: ${(error as Error).message}`];
    }
  });
}

async function keepScreens(file: string, about: string, ...screens: readonly Answer[]): Promise<void> {
  await appendFile(file, screens.map(({ text }) => `##### ${about}\n${text}\n`).join(''));
}
