/**
 * Where an account's work stands, and where it goes from there: the table of docs/delivery. A push makes every state `due`.
 * due: not yet as wanted. waiting: tried, and due again later. in-sync: as wanted. task: as wanted but for what only a
 * human can do. refused: the vendor refused the data. conflict: the address is somebody else's. held: stopped by a guard.
 * observed: imported and not yet written by the IdP. planned: a dry-run connection's.
 */
export const STATE_CHANGES = {
  due: ['waiting', 'in-sync', 'task', 'refused', 'conflict', 'held', 'planned'],
  waiting: ['due', 'in-sync', 'task', 'refused', 'conflict', 'held', 'planned'],
  'in-sync': ['due', 'task'],
  task: ['due', 'in-sync'],
  refused: ['due'],
  conflict: ['due'],
  held: ['due'],
  observed: ['due'],
  planned: ['due'],
} as const;

export type AccountState = keyof typeof STATE_CHANGES;
