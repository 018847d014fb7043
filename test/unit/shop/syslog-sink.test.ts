import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { syslogMessage } from '../../../extracted/log/rfc5424.ts';
import { SyslogSink } from '../../../extracted/log/syslog-sink.ts';
import type { Entry } from '../../../extracted/log/thrift-types.ts';

const entry: Entry = {
  id: 'a1',
  at: '2026-11-30T09:30:00.250Z',
  source: 'orders',
  level: 4,
  message: '주문 실패',
  fields: '{"path":"C:\\\\[x]"}',
};
const expected =
  '<131>1 2026-11-30T09:30:00.250Z shop-1 orders - - [entry@32473 id="a1" ' +
  'fields="{\\"path\\":\\"C:\\\\\\\\[x\\]\\"}"] \uFEFF주문 실패';

it('is an RFC 5424 message, whose values are escaped', () => {
  expect(syslogMessage(entry, 'shop-1')).toBe(expected);
});

it('goes out over UDP, a datagram each; it cannot be asked', async () => {
  const receiver = createSocket('udp4');
  receiver.bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const sink = new SyslogSink({ protocol: 'udp', host: '127.0.0.1', port: receiver.address().port });
  const received = once(receiver, 'message');
  await sink.append([entry]);
  const [message] = (await received) as [Buffer];
  expect(message.toString().split(' ').slice(3)).toEqual(expected.split(' ').slice(3));
  await expect(sink.query()).rejects.toMatchObject({ exception: 'NotReadable' });
  await sink.close();
  receiver.close();
});
