export const cities = [
  '서울',
  '부산',
  '대구',
  '인천',
  '제주',
  'Busan',
  'Seoul',
  'Singapore',
  'London',
  'Zürich',
];

export const shopNames = [
  '달빛상점',
  '고요한 서재',
  '한강 잡화',
  '매화 공방',
  'Blue Harbour',
  'Old Mill',
  'Kite & Co.',
  'O’Hara',
];

export const adjectives = [
  '따뜻한',
  '가벼운',
  '튼튼한',
  '수제',
  '친환경',
  'Quiet',
  'Handmade',
  'Everyday',
  'Folding',
  'Café',
];

export const things = [
  '머그컵',
  '담요',
  '노트',
  '우산',
  '장갑',
  '🍵 찻잔',
  'Lamp',
  'Backpack',
  'Teapot',
  'Notebook',
  '🧣 Scarf',
];

export const sentences = [
  '매일 쓰기 좋은 튼튼한 제품입니다.',
  '국내 작은 공방에서 하나씩 만듭니다 ✨',
  '세탁기에 돌려도 괜찮아요.',
  '선물용 포장이 가능합니다 🎁',
  'Made by hand in small batches.',
  'Fits in any bag; weighs next to nothing.',
  'Customers say: "I bought two" — and we believe them.',
  'Line one\nLine two\twith a tab, a \\ and a % sign.',
  'Ships in 1–3 days 🚚',
];

export const colours = ['red', 'navy', 'ivory', '연두', '먹색', '#c0ffee'];

export const materials = ['cotton', 'wool', 'steel', '도자기', '대나무'];

export const notes = ['문 앞에 놓아주세요', 'Please ring twice 🔔', '선물이에요', 'No bag, thanks'];

export const people = ['김민서', '이도윤', '박서연', 'Anna Weber', 'Sean O’Neil', 'Zoë Müller', '최지우 🌿'];
