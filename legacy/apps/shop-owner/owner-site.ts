import type { Site } from '../../pages/layout.ts';

export const ownerSite: Site = {
  base: '/owner',
  name: 'My shops',
  menu: [],
};
