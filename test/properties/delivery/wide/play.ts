/** Plays the histories of `wide-scenario.ts`. */

import { retryAccount } from '../../../../src/admin/accounts.ts';
import { editConnection } from '../../../../src/admin/connections.ts';
import { decideHeld } from '../../../../src/admin/holds.ts';
import { finishTask, listTasks } from '../../../../src/admin/tasks.ts';
import { addressKey } from '../../../../src/core/address.ts';
import { OperatorError } from '../../../../src/core/errors.ts';
import type { Task } from '../../../../src/core/task.ts';
import type { TemporaryStores } from '../../../unit/store/temporary-store.ts';
import { happen, type Play, pushGroup } from '../play.ts';
import { addressOf, newPerson, type Person, targetOf } from '../pushing.ts';
import { type Happening, PEOPLE } from '../scenario.ts';
import type { Subject } from '../subjects.ts';
import { ID, World } from '../world.ts';
import { type ByHand, byHand } from './by-hand.ts';
import { Hands } from './hands.ts';
import { ADDRESSES, type OperatorAct, TITLES, type WideHappening, type WideScenario } from './scenario.ts';

export interface WidePlay extends Play {
  scenario: WideScenario;
  by: ByHand;
  hands: Hands;
  isDry: boolean;
  /** What went wrong on the way. */
  faults: string[];
}

function addressAt(index: number): string {
  const [who, to] = ADDRESSES[index] ?? [0, 0];
  return addressOf(who, to);
}

export async function beginWidePlay(
  subject: Subject,
  scenario: WideScenario,
  stores: TemporaryStores,
): Promise<WidePlay> {
  const { policies, guarded, waitMs, strangers, named } = scenario;
  const guard = guarded ? { leaverCount: 1, leaverPercent: 1 } : {};
  const own = { ...possible(subject, policies), ...guard, waitMs, drift: 'repair' as const };
  const world = await World.open(subject, subject.quirks[scenario.quirk] ?? {}, own, stores);
  const by = byHand(subject.vendor.id);
  const play: WidePlay = {
    world,
    subject,
    people: Array.from({ length: PEOPLE }, (_, who) => newPerson(who)),
    groupId: null,
    title: TITLES[0],
    named,
    left: new Set(),
    ruled: new Set(),
    mapping: 0,
    strangers: new Set(),
    keyIsDead: false,
    scenario,
    by,
    hands: new Hands(world, by),
    isDry: false,
    faults: [],
  };
  for (const { at, kind } of strangers) await play.hands.make(addressAt(at), kind);
  await pushGroup(play, 'make', TITLES[0]);
  return play;
}

/** As far as the vendor can do it. */
function possible(subject: Subject, policies: WideScenario['policies']): WideScenario['policies'] {
  const { addressChange, removeGroups } = policies;
  return {
    ...policies,
    addressChange: addressChange === 'replace' && !subject.moves ? 'task' : addressChange,
    removeGroups: removeGroups && subject.rule === null,
  };
}

export async function happenWidely(play: WidePlay, happening: WideHappening): Promise<void> {
  switch (happening.do) {
    case 'hand':
      await calm(play);
      return play.hands.act(happening, addressAt);
    case 'task':
    case 'decide':
    case 'retry':
    case 'dry run':
      return asOperator(play, happening);
    case 'group':
      return pushGroup(play, happening.act, TITLES[happening.title] ?? TITLES[0]);
    case 'accept':
      return play.hands.acceptAll();
    case 'forget':
      return;
    case 'reconcile':
      return play.isDry ? undefined : happen(play, happening);
    default:
      return happen(play, await hiring(play, happening));
  }
}

/** Whoever is no User is hired first, also at the address that the push would have moved them to. */
async function hiring({ people }: WidePlay, happening: Happening): Promise<Happening> {
  const person = 'who' in happening ? people[happening.who] : undefined;
  if (person === undefined || !('and' in happening) || happening.do === 'delete') return happening;
  await person.last;
  if (person.id !== null) return happening;
  if (happening.do === 'move') {
    person.address = targetOf(person, happening);
    person.addresses.add(person.address);
  }
  return { do: 'create', who: person.who, and: happening.and, active: happening.do !== 'deactivate' };
}

/** Nothing is under way: what a human does between a look and its call is not seen, and can be promised by nobody. */
async function calm({ people, world }: WidePlay): Promise<void> {
  await Promise.all(people.map((person: Person) => person.last));
  await world.whenIdle();
  await world.faulty.quiet();
}

async function asOperator(play: WidePlay, act: OperatorAct): Promise<void> {
  const { world } = play;
  const { operator } = world;
  try {
    switch (act.do) {
      case 'task': {
        const tasks = await listTasks(operator, ID, 'open');
        const task = tasks[act.nth % Math.max(1, tasks.length)];
        if (task !== undefined) await finish(play, task, act.truly);
        break;
      }
      case 'decide':
        await decideHeld(operator, ID, 'all', { decision: act.decision, reason: 'so it is' });
        break;
      case 'retry': {
        const rows = await world.db.selectFrom('accounts').select('id').orderBy('id').execute();
        const row = rows[act.nth % Math.max(1, rows.length)];
        if (row !== undefined) await retryAccount(operator, ID, row.id);
        break;
      }
      case 'dry run':
        await switchDryRun(play, act.on);
    }
  } catch (error) {
    // Nothing is held, or the task is closed meanwhile.
    if (!(error instanceof OperatorError)) throw error;
  }
  world.wake();
}

/** What was claimed before may still be delivered; from then on no call has an effect. */
export async function switchDryRun(play: WidePlay, on: boolean): Promise<void> {
  const { world } = play;
  if (play.isDry === on) return;
  if (on) await calm(play);
  play.isDry = on;
  await editConnection(world.operator, ID, { dryRun: on });
}

/** Reports a task done: truly, or without having done it. */
export async function finish(play: WidePlay, task: Task, truly: boolean): Promise<void> {
  if (truly) {
    await calm(play);
    await doTask(play, task);
  }
  try {
    await finishTask(play.world.operator, task.id);
  } catch (error) {
    // It was closed meanwhile.
    if (!(error instanceof OperatorError)) throw error;
  }
  play.world.wake();
}

async function doTask({ world, hands }: WidePlay, { kind, accountId, wanted }: Task): Promise<void> {
  const row = await world.db
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', accountId)
    .executeTakeFirst();
  if (row === undefined || row.kind !== 'user') return;
  const address = typeof wanted === 'string' ? wanted : row.address;
  if (kind === 'address' && row.address !== null && typeof wanted === 'string') {
    const account = await hands.find(row.address);
    if (account !== undefined && addressKey('user', row.address) !== addressKey('user', wanted)) {
      await hands.rename(account, wanted);
    }
    return;
  }
  const takes = ['deactivate', 'watch', 'doubt'].includes(kind);
  const there = takes && address?.includes('@') ? await hands.find(address) : undefined;
  if (there !== undefined) await hands.delete(there);
}
