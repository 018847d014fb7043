/** Which page is shown: all of it stands behind the address's `#`, so that a link leads to it. */
export type Page =
  | { readonly name: 'overview' }
  | { readonly name: 'feature'; readonly feature: string }
  | { readonly name: 'request' }
  | { readonly name: 'monolith' }
  | { readonly name: 'audit' };

export function pageOf(hash: string): Page {
  const [name, ...rest] = hash.replace(/^#\/?/, '').split('/');
  if (name === 'feature' && rest.length > 0) {
    const feature = decoded(rest.join('/'));
    if (feature !== null && feature !== '') return { name: 'feature', feature };
  }
  if (name === 'request' || name === 'monolith' || name === 'audit') return { name };
  return { name: 'overview' };
}

export function hashOf(page: Page): string {
  if (page.name === 'overview') return '#/';
  return page.name === 'feature' ? `#/feature/${encodeURIComponent(page.feature)}` : `#/${page.name}`;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
