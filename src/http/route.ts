/** Names that may stand in a route as they are: a label must not grow with what callers make up. */
const ENDPOINTS = [
  'Users',
  'Groups',
  'Me',
  'Bulk',
  '.search',
  'Schemas',
  'ResourceTypes',
  'ServiceProviderConfig',
];
const PLAIN = ['/healthz', '/readyz', '/metrics'];

/** The pattern that a path belongs to, such as `/scim/:connection/v2/Users/:id`; `other` for any unknown one. */
export function nameRoute(path: string): string {
  if (PLAIN.includes(path)) return path;
  const [, scim, , version, endpoint = '', id = '', more] = path.split('/');
  if (scim !== 'scim' || version !== 'v2' || more !== undefined || !ENDPOINTS.includes(endpoint))
    return 'other';
  const base = `/scim/:connection/v2/${endpoint}`;
  if (id === '') return base;
  return id === '.search' ? `${base}/.search` : `${base}/:id`;
}
