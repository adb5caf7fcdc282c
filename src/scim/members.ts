import { setImmediate } from 'node:timers/promises';
import type { Member } from '../core/user.ts';
import type { MembersWrite } from '../store/member-writes.ts';
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

function toInput({ display, ...member }: Member): MemberInput {
  return display === null ? member : { ...member, display };
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

/** A change that the store can make without looking at the members; `filtered` ones are first told apart here. */
export async function membersWrite(
  scope: Scope,
  groupId: string,
  change: MembersChange,
): Promise<MembersWrite> {
  switch (change.kind) {
    case 'delta':
      return { kind: 'delta', add: change.add.map(toMember), remove: change.remove };
    case 'replace':
      return { kind: 'replace', members: change.members.map(toMember) };
    case 'filtered': {
      const remove: string[] = [];
      for await (const chunk of memberChunks(scope, groupId)) {
        const left = await change.apply(chunk.map(toInput));
        const kept = new Set(left.map((member) => member.value));
        remove.push(...chunk.map((member) => member.value).filter((id) => !kept.has(id)));
      }
      return { kind: 'delta', add: (await change.apply([])).map(toMember), remove };
    }
  }
}
