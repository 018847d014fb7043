import { stripColours, textWidth } from '../../../scripts/terminal/text-width.ts';

/** What people who look at a screen of so many columns would stumble over. `coloured`: it may be. */
export function screenFaults(text: string, columns = 80, coloured = false): string[] {
  const plain = stripColours(text);
  const lines = plain.split('\n');
  return [
    ...lines.filter((line) => textWidth(line) > columns).map((line) => `too long: ${line}`),
    ...lines
      .filter((line) => /(?:^|\s)(\S*\p{L}\S*) \1(?=\s|$)/u.test(line))
      .map((line) => `a word twice: ${line}`),
    ...[...plain.matchAll(nounOfMany)].map(([found]) => `one of many: ${found}`),
    ...(plain === text || coloured ? [] : ['coloured, though NO_COLOR is set']),
    ...[...plain.matchAll(/undefined|NaN|\[object|null\b/g)].map(
      ([found]) => `a value that is none: ${found}`,
    ),
  ];
}

/** A verb after a name (`product 1 needs`) is no such noun: these are the things that banyan counts. */
const nounOfMany =
  /(?<![\d,.])1 (?:dirty keys|keys|rows|requests|writes|reads|statements|routes|routers|live routers|workers|answers|differences|entries|samples|tables|features|clients|faults|lines|logs|handovers|bookings)\b/g;

/** Commands besides the twenty questions, whose screens are looked at in every state. None changes anything. */
export const otherScreens: readonly (readonly string[])[] = [
  ['abandon', 'bookings', '--dry-run', '--clean'],
  ['finish', 'bookings', '--dry-run'],
  ['grants'],
  ['schema', 'bookings'],
  ['check', 'bookings'],
  ['audit'],
  ['holds'],
  ['canary', 'bookings', '--percent', '101', '--every', 'x', '--dry-run'],
  ['throttle', 'bookings', '--workers', '99', '--dry-run'],
  ['status', 'bookingz'],
  ['statsu'],
];
