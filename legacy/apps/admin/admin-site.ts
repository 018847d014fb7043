import type { Site } from '../../pages/layout.ts';

export const adminSite: Site = {
  base: '/admin',
  name: 'Administration',
  menu: [
    { path: '/shops', text: 'Shops' },
    { path: '/users', text: 'Users' },
    { path: '/orders', text: 'Orders' },
    { path: '/logs', text: 'Logs' },
  ],
};
