/** What the shop's staff type in: both languages, emoji, decimals, nested attributes and none. */

const names = [
  '달빛 머그컵',
  '수제 노트 🍵',
  'Folding Lamp',
  '한강 담요',
  'Café Teapot ☕',
  '매화 우산',
  'Old Mill Backpack',
];
const colours = ['연두', 'navy', '먹색', 'ivory', '#c0ffee'];
const statuses = ['draft', 'live', 'sold_out'] as const;

export interface SampleProduct {
  readonly name: string;
  readonly description: string;
  readonly price: string;
  readonly status: (typeof statuses)[number];
  readonly attributes: Readonly<Record<string, unknown>> | null;
}

/** The `n`th product: the same every time, all shapes within a few. */
export function sampleProduct(n: number): SampleProduct {
  const pick = <T>(from: readonly T[]): T => from[n % from.length] as T;
  return {
    name: pick(names),
    description: n % 4 === 0 ? '' : `${pick(names)}: 매일 쓰기 좋은 제품입니다. Batch ${n} ✨`,
    price: `${(n * 37) % 90_000}.${String((n * 7) % 100).padStart(2, '0')}`,
    status: pick(statuses),
    attributes:
      n % 3 === 0 ? null : { colour: pick(colours), weight: (n % 800) / 8, box: { fragile: n % 2 === 0 } },
  };
}
