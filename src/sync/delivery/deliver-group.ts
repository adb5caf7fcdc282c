import type { VendorAccount } from '../../core/account.ts';
import { fold } from '../../core/fold.ts';
import type { GroupSession } from '../../vendor-kit/vendor.ts';
import { learnAbsent, learnPresent, type Progress } from './attempt.ts';
import { reserve } from './reserve.ts';
import type { DeliveryTools, Ending } from './tools.ts';

/** Makes one mirrored Group's counterpart at the vendor what is wanted. */
export async function deliverGroup(tools: DeliveryTools, progress: Progress): Promise<Ending> {
  const { group } = progress.claim;
  const groups = tools.live?.session.groups;
  if (tools.live === null) {
    progress.steps.push({ step: group === null ? 'remove' : 'create', title: group?.displayName ?? null });
    return { kind: 'planned' };
  }
  if (groups === undefined || tools.connection.policies.groups !== 'mirror') return { kind: 'done' };
  return group === null
    ? removeGroup(tools, groups, progress)
    : makeGroup(tools, groups, progress, group.displayName);
}

async function makeGroup(
  tools: DeliveryTools,
  groups: GroupSession,
  progress: Progress,
  title: string,
): Promise<Ending> {
  const obstacle = await reserve(tools, progress, title);
  if (obstacle !== null) return obstacle;
  const known = progress.knowledge.doubtAt === null ? progress.knowledge.actual : null;
  const actual = known ?? (await findGroup(groups, progress, title));
  if (actual === null) {
    progress.steps.push({ step: 'create', title });
    progress.callStartedAt = tools.clock.now();
    learnPresent(progress, await groups.create(title), 'created');
    progress.changes.push('create');
    return { kind: 'done' };
  }
  if (progress.knowledge.vendorId === null) {
    progress.steps.push({ step: 'adopt', title: actual.address });
    progress.changes.push('adopt');
  }
  learnPresent(progress, actual, 'adopted');
  if (actual.address === title) return { kind: 'done' };
  if (tools.supports.groups?.rename !== true) {
    const task = `Rename the group ${actual.address} to ${title} in ${tools.vendor.title}: its API has no call for it.`;
    progress.tasks.push({ kind: 'rename', title: task, wanted: title });
    return { kind: 'done' };
  }
  progress.steps.push({ step: 'rename', before: actual.address, after: title });
  progress.callStartedAt = tools.clock.now();
  learnPresent(progress, await groups.rename(actual.id, title), null);
  progress.changes.push('rename');
  return { kind: 'done' };
}

/** By the vendor's id where it is known, else by title: a group of the same title is taken over. */
async function findGroup(
  groups: GroupSession,
  progress: Progress,
  title: string,
): Promise<VendorAccount | null> {
  const { vendorId, address } = progress.knowledge;
  const titles = [title, address ?? title].map(fold);
  for await (const group of groups.list()) {
    if (vendorId === null ? titles.includes(fold(group.address)) : group.id === vendorId) return group;
  }
  return null;
}

async function removeGroup(tools: DeliveryTools, groups: GroupSession, progress: Progress): Promise<Ending> {
  const { actual, doubtAt, address } = progress.knowledge;
  const there =
    doubtAt === null ? actual : address === null ? null : await findGroup(groups, progress, address);
  if (there === null) {
    learnAbsent(progress);
    return { kind: 'done' };
  }
  if (tools.connection.policies.removeGroups && groups.remove !== undefined) {
    progress.steps.push({ step: 'remove', title: there.address });
    progress.callStartedAt = tools.clock.now();
    await groups.remove(there.id);
    learnAbsent(progress);
    progress.changes.push('remove');
    return { kind: 'done' };
  }
  const title = `Delete the group ${there.address} in ${tools.vendor.title} if nobody needs it: its memberships have been taken back.`;
  progress.tasks.push({ kind: 'remove-group', title, wanted: there.address });
  return { kind: 'done' };
}
