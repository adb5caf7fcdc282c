import { setImmediate } from 'node:timers/promises';
import type { Member } from '../core/user.ts';
import type { MembersWrite } from '../store/groups.ts';
import { listMembers } from '../store/members.ts';
import type { Scope } from './context.ts';
import type { MemberInput } from './member-input.ts';
import type { MembersChange } from './patch.ts';

/** Members read at a time: between two such chunks other requests have their turn. */
const CHUNK = 1000;

/** The store looks up what each member really is: identity providers send no `type`. */
export function toMember(input: MemberInput): Member {
  return { value: input.value, type: input.type ?? 'User', display: input.display ?? null };
}

/** A group's members by id, in chunks of up to 1,000. */
export async function* memberChunks(scope: Scope, groupId: string): AsyncGenerator<Member[]> {
  let last: string | null = null;
  for (;;) {
    const chunk = await listMembers(scope.db, scope.connection.id, groupId, last, CHUNK);
    yield chunk;
    last = chunk.at(-1)?.value ?? null;
    if (chunk.length < CHUNK) return;
    await setImmediate();
  }
}

/** A change that the store can make without looking at the members; one by filter is turned into it from `current`. */
export function membersWrite(change: MembersChange, current: readonly Member[]): MembersWrite {
  switch (change.kind) {
    case 'delta':
      return { kind: 'delta', add: change.add.map(toMember), remove: change.remove };
    case 'replace':
      return { kind: 'replace', members: change.members.map(toMember) };
    case 'filtered': {
      const before = current.map(({ display, ...member }) => ({
        ...member,
        ...(display === null ? {} : { display }),
      }));
      const after = new Map(change.apply(before).map((member) => [member.value, member]));
      const present = new Set(current.map((member) => member.value));
      return {
        kind: 'delta',
        add: [...after.values()].filter((member) => !present.has(member.value)).map(toMember),
        remove: [...present].filter((id) => !after.has(id)),
      };
    }
  }
}
