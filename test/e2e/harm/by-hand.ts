import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json.ts';
import { person, type Stage } from '../delivery/stage.ts';
import { compare } from '../operations/operate.ts';
import { accept, atVendor, settled, stateAtVendor } from '../vendors/vendor-acts.ts';

export const SECOND = 1_000;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** More than any two lists may be apart. */
const LIST_PACE_MS = 61_000;

/** A User whose account is there and at rest: accepted where the vendor invites. The calls made so far are forgotten. */
export async function hire(stage: Stage, address: string, more: JsonObject = {}): Promise<string> {
  const [id = ''] = await hireAll(stage, [address], more);
  return id;
}

export async function hireAll(stage: Stage, addresses: string[], more: JsonObject = {}): Promise<string[]> {
  const ids = await Promise.all(addresses.map((address) => stage.addUser(person(address, more))));
  await settled(stage);
  const invited = [];
  for (const address of addresses) {
    if ((await stateAtVendor(stage, address)) === 'pending') invited.push(address);
  }
  for (const address of invited) await accept(stage, address);
  stage.passTime(LIST_PACE_MS);
  if (invited.length > 0) await compare(stage);
  await settled(stage);
  stage.passTime(LIST_PACE_MS);
  await stage.forgetCalls();
  return ids;
}

/** A human at the vendor changes an account that is there: same id, other values. */
export async function changeByHand(stage: Stage, address: string, change: JsonObject): Promise<void> {
  const { groups, teams, ...vendor } = await atVendor(stage, address);
  const lists = { ...(groups && { groups: idsOf(groups) }), ...(teams && { teams: idsOf(teams) }) };
  await stage.seed(address, { ...vendor, ...lists, ...change });
}

function idsOf(list: Json): Json[] {
  const items = Array.isArray(list) ? list : [];
  return items.map((item) => (isJsonObject(item) ? (item['id'] ?? item['uuid'] ?? null) : item));
}

/** What every vendor's account goes by, whatever it calls that. */
export async function vendorId(stage: Stage, address: string): Promise<unknown> {
  const { id, uuid, obj_id, email } = await atVendor(stage, address);
  return obj_id ?? uuid ?? id ?? email;
}

/** Several requests one after another: what the worker can do by then, it has done. */
export async function aWhile(stage: Stage): Promise<void> {
  for (let n = 0; n < 20; n += 1) await stage.send('GET', '/Users');
}

export function moveTo(stage: Stage, id: string, address: string) {
  const value = [{ value: address, type: 'work', primary: true }];
  return stage.patchUser(id, { op: 'replace', path: 'emails', value });
}

export async function openTitles(stage: Stage): Promise<string[]> {
  return (await stage.openTasks()).map(({ title }) => title);
}
