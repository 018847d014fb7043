/** The item that all subjects of the bench carry: about 600 bytes of JSON, as a shop's product would be. */
export function item(id: number) {
  return {
    id,
    shopId: 90_071_992 + id,
    sku: `SKU-${id}-한국`,
    name: '핸드메이드 도자기 머그컵 — hand-thrown stoneware mug',
    description:
      'Thrown by hand in Icheon, glazed in celadon. 350 ml, safe in dishwasher and microwave. "Second kiln" pieces vary in shade.',
    price: '18500.00',
    status: 2,
    featured: true,
    rating: 4.75,
    tags: ['ceramic', 'mug', '도자기', 'gift'],
    stock: { seoul: 12, busan: 3, icheon: 140 },
    createdAt: '2016-03-01T09:00:00.000Z',
    updatedAt: '2026-11-20T23:59:59.999Z',
  };
}

export function page(size: number) {
  return { items: Array.from({ length: size }, (_, i) => item(i + 1)), nextId: size + 1 };
}
