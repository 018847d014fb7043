import { describe, expect, it } from 'vitest';
import { judgeRows } from '../../../scripts/demo/judge-rows.ts';
import { Ledger, tokenOf, withToken } from '../../../scripts/demo/ledger.ts';

const row = (sku: string, token: string, id = '1') => ({ id, sku, name: withToken('달빛 머그컵 #1', token) });

/** A ledger in which W0-1 was stored, changed, and W0-2 stored and deleted. */
function ledger(): Ledger {
  const made = new Ledger();
  for (const token of ['w0-1', 'w0-2', 'w0-3', 'w0-4']) made.begin(token < 'w0-3' ? 'A' : 'B', token);
  made.acknowledgeStored('A', 'w0-1', '1');
  made.acknowledgeStored('A', 'w0-2', '1');
  made.acknowledgeStored('B', 'w0-3', '2');
  made.acknowledgeDeleted('B', 'w0-4', '2');
  return made;
}

describe('the ledger audit', () => {
  it('is content when every row carries its last acknowledged write', () => {
    expect(judgeRows(ledger(), [row('A', 'w0-2')])).toEqual({ lost: [], duplicated: [] });
    expect(ledger().acknowledged).toBe(4);
  });

  it('finds a missing row, a stale row, a row without a token and a resurrected row', () => {
    expect(judgeRows(ledger(), []).lost).toEqual([expect.stringContaining('is missing')]);
    expect(judgeRows(ledger(), [row('A', 'w0-1')]).lost).toEqual([
      expect.stringContaining('should carry w0-2'),
    ]);
    expect(judgeRows(ledger(), [{ id: '1', sku: 'A', name: '머그컵' }]).lost).toHaveLength(1);
    const back = judgeRows(ledger(), [row('A', 'w0-2'), row('B', 'w0-3', '2')]);
    expect(back.lost).toEqual([expect.stringContaining('is back')]);
  });

  it('finds one write in two rows, an unknown writer and another row’s write', () => {
    const twice = judgeRows(ledger(), [row('A', 'w0-2'), row('C', 'w0-2', '3')]);
    expect(twice.duplicated.join()).toContain('stands in A and in C');
    expect(judgeRows(ledger(), [row('A', 'w0-2'), row('C', 'w9-9', '3')]).duplicated).toEqual([
      expect.stringContaining('which nobody wrote'),
    ]);
    const moved = judgeRows(ledger(), [row('A', 'w0-2', '7')]);
    expect(moved.duplicated).toEqual([expect.stringContaining('given id 1 and stands under id 7')]);
  });

  it('takes either truth for a write that was never answered, and no third one', () => {
    const made = ledger();
    made.begin('A', 'w0-5');
    made.lose('A', 'w0-5');
    for (const truth of ['w0-2', 'w0-5']) {
      expect(judgeRows(made, [row('A', truth)])).toEqual({ lost: [], duplicated: [] });
    }
    // It may have been a delete.
    expect(judgeRows(made, [])).toEqual({ lost: [], duplicated: [] });
    expect(judgeRows(made, [row('A', 'w0-1')]).lost).toHaveLength(1);
  });

  it('calls a refused write that is there a fault', () => {
    const made = new Ledger();
    made.begin('A', 'w0-1');
    made.refuse('w0-1');
    expect(judgeRows(made, [row('A', 'w0-1')]).duplicated).toEqual([expect.stringContaining('was refused')]);
  });

  it('reads tokens only at a name’s end', () => {
    expect(tokenOf(withToken('Lamp #7', 'w3-12'))).toBe('w3-12');
    expect(tokenOf('Lamp #7')).toBeNull();
    expect(tokenOf('w3-12')).toBeNull();
  });
});
