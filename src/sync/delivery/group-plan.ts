/** What a mirrored group needs. Pure. */

import type { Step } from '../plan/plan.ts';
import { isLeaving } from './rows.ts';
import type { Attempt, Row } from './state.ts';

export function planGroup(a: Attempt, { known }: Row): Step[] {
  const { actual, origin } = known;
  const { supports, policies, title } = a.rules;
  const wanted = a.wanted.address ?? '';
  if (isLeaving(a)) {
    if (actual === null) return [];
    if (policies.removeGroups && supports.groups?.remove === true && origin === 'created') {
      return [{ step: 'remove' }];
    }
    const text = `Delete the group ${actual.address} in ${title} if nobody needs it: its memberships have been taken back.`;
    return [{ step: 'task', task: { kind: 'remove-group', title: text, wanted: actual.address } }];
  }
  if (actual === null) return [{ step: 'create', address: wanted, fields: {} }];
  if (actual.address === wanted) return [];
  if (supports.groups?.rename !== true) {
    const text = `Rename the group ${actual.address} to ${wanted} in ${title}: its API has no call for it.`;
    return [{ step: 'task', task: { kind: 'rename', title: text, wanted } }];
  }
  const changes = { set: { title: wanted }, add: {}, remove: {} };
  return [{ step: 'update', changes, shown: [] }];
}
