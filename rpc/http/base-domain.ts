const hostShape = /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/i;

/** The host of an `api.base_domain`, which may be written as `shop.example` or as `https://shop.example`; null if it is none. */
export function hostOfDomain(value: string): string | null {
  const host = value.replace(/^https?:\/\//i, '').replace(/\/$/, '');
  return hostShape.test(host) ? host.toLowerCase() : null;
}

/** The URL that OpenAPI lists as the server; null for `*.example`, which is no server. */
export function serverOfDomain(value: string): string | null {
  const host = hostOfDomain(value);
  if (host === null || host.startsWith('*')) return null;
  return `${/^http:/i.test(value) ? 'http' : 'https'}://${host}`;
}
