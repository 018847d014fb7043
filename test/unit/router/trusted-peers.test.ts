import { expect, test } from 'vitest';
import { isPeer, trustCheck } from '../../../router/request/trusted-peers.ts';

test('what is no address and no whole block is refused: a slash without bits would trust everyone', () => {
  const good = ['10.0.0.7', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8'];
  const bad = [
    '',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '10.0.0.0/0x8',
    'fd00::/129',
    'proxy',
    ' 10.0.0.7',
  ];
  expect(good.filter((text) => !isPeer(text))).toEqual([]);
  expect(bad.filter(isPeer)).toEqual([]);
  expect(() => trustCheck(['10.0.0.0/'])).toThrow(TypeError);
});

test('an address is trusted when a block holds it', () => {
  const isTrusted = trustCheck(['10.0.0.0/8', '192.168.1.7', 'fd00::/8']);
  expect(['10.255.0.1', '192.168.1.7', 'fd12::1'].filter((address) => !isTrusted(address))).toEqual([]);
  expect(['11.0.0.1', '192.168.1.8', 'fe80::1', 'unknown', ''].filter(isTrusted)).toEqual([]);
});
