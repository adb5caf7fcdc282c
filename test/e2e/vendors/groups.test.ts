import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { findAccountOf } from '../../../src/store/worklist/claim.ts';
import { eventually, person, type Stage, startStage } from '../delivery/stage.ts';
import { accept, atVendor, joined, opsSent, reconcile, settled } from './vendor-acts.ts';

const ANA = 'ana.diaz@example.com';
const BO = 'bo.li@example.com';
/** As `obj_id`s count at the fake: the first invitation has 51531, the person who accepts it 51532. */
const ANA_ID = 51532;
const ATTENTION = 'urn:ietf:params:scim:schemas:extension:attention:2.0:User';
const AGENDIZE = 'urn:ietf:params:scim:schemas:extension:agendize:2.0:User';
const SALES_TAG = { tag: 'Sales', color: '#3366ff' };

/** Titles of the groups or teams that the vendor has the person in. */
async function groupsAtVendor(stage: Stage, address: string): Promise<unknown[]> {
  const { groups, teams, tags } = await atVendor(stage, address);
  const list = [groups, teams, tags].find(Array.isArray) ?? [];
  return list.filter(isJsonObject).map((one) => one['tag'] ?? one['name']);
}

function addMember(stage: Stage, groupId: string, userId: string) {
  return stage.patchGroup(groupId, { op: 'add', path: 'members', value: [{ value: userId }] });
}

function removeMember(stage: Stage, groupId: string, userId: string) {
  return stage.patchGroup(groupId, { op: 'remove', path: `members[value eq "${userId}"]` });
}

async function vendorIdOf(stage: Stage, groupId: string): Promise<string | null | undefined> {
  return (await findAccountOf(stage.db, stage.id, 'group', groupId))?.vendorId;
}

async function sentSince(stage: Stage): Promise<JsonObject[]> {
  await settled(stage);
  const ops = await opsSent(stage);
  await stage.forgetCalls();
  return ops;
}

describe('A Group that is mirrored to Corezoid', () => {
  it('is created, filled, renamed, emptied and left, with one call each', async () => {
    const stage = await startStage('corezoid');
    const id = await joined(stage, ANA);
    const group = await stage.addGroup('Sales');
    expect(await sentSince(stage)).toEqual([
      { type: 'create', obj: 'group', obj_type: 'admins', title: 'Sales' },
    ]);
    const groupId = Number(await vendorIdOf(stage, group));

    await addMember(stage, group, id);
    const link = { type: 'link', obj: 'user', group_id: groupId, obj_id: ANA_ID };
    expect(await sentSince(stage)).toEqual([{ ...link, level: 1 }]);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['Sales']);

    await stage.patchGroup(group, { op: 'replace', path: 'displayName', value: 'Sales EMEA' });
    expect(await sentSince(stage)).toMatchObject([
      { type: 'modify', obj: 'group', obj_id: groupId, obj_type: 'admins', title: 'Sales EMEA' },
    ]);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['Sales EMEA']);

    await removeMember(stage, group, id);
    expect(await sentSince(stage)).toEqual([{ ...link, level: '' }]);
    expect(await groupsAtVendor(stage, ANA)).toEqual([]);
  });

  it('is a group of the same title that was there, and its other members stay', async () => {
    const stage = await startStage('corezoid');
    await stage.seed(BO, { groups: [198048] });
    const id = await joined(stage, ANA);
    const group = await stage.addGroup('Analysts', id);
    expect(await sentSince(stage)).toMatchObject([{ type: 'link', group_id: 198048, level: 1 }]);
    expect(await vendorIdOf(stage, group)).toBe('198048');
    expect(await groupsAtVendor(stage, BO)).toEqual(['Analysts']);
  });

  it('never is one of Corezoid’s own: a Group of that title is made anew', async () => {
    const stage = await startStage('corezoid');
    const group = await stage.addGroup('Superadmins');
    await eventually(() => vendorIdOf(stage, group), expect.not.stringMatching(/^2$/));
    expect(await sentSince(stage)).toMatchObject([{ type: 'create', obj: 'group', title: 'Superadmins' }]);
  });

  it('is waited for by the memberships in it', async () => {
    const stage = await startStage('corezoid', { callTimeoutMs: 300 });
    const id = await joined(stage, ANA);
    // Every call, so that the create of the group fails whatever its path; the people have nothing to deliver.
    await stage.fault({ kind: 'status', status: 500, times: 3 });
    const group = await stage.addGroup('Sales', id);
    await eventually(async () => {
      stage.passTime(5_000);
      return groupsAtVendor(stage, ANA);
    }, ['Sales']);
    expect(await vendorIdOf(stage, group)).toEqual(expect.any(String));
    expect((await opsSent(stage)).filter(({ type }) => type === 'link')).toHaveLength(1);
  });

  it('comes with the invitation where it is the first one, the others after the acceptance', async () => {
    const stage = await startStage('corezoid');
    const id = await stage.addUser(person(ANA, { active: false }));
    const sales = await stage.addGroup('Sales', id);
    const office = await stage.addGroup('Office', id);
    await settled(stage);
    await stage.forgetCalls();
    await stage.setActive(id, true);
    const ids = [await vendorIdOf(stage, sales), await vendorIdOf(stage, office)].map(Number);
    const [invitation] = await sentSince(stage);
    expect(invitation).toMatchObject({ obj: 'invite', link_to_obj: 'group' });
    expect(ids).toContain(invitation?.['link_to_obj_id']);
    expect(await stage.state(id)).toBe('waiting');
    await fetchAcceptance(stage);
    await eventually(async () => (await groupsAtVendor(stage, ANA)).sort(), ['Office', 'Sales']);
    await eventually(() => stage.state(id), 'in-sync');
  });

  it('that is deleted takes its memberships back, and a task is left for the group', async () => {
    const stage = await startStage('corezoid');
    const id = await joined(stage, ANA);
    const group = await stage.addGroup('Sales', id);
    await settled(stage);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['Sales']);
    await stage.forgetCalls();
    expect((await stage.send('DELETE', `/Groups/${group}`)).status).toBe(204);
    expect(await sentSince(stage)).toMatchObject([{ type: 'link', level: '' }]);
    expect((await stage.openTasks()).map(({ kind, wanted }) => [kind, wanted])).toEqual([
      ['remove-group', 'Sales'],
    ]);
  });

  it('that is deleted goes at the vendor too under `removeGroups`', async () => {
    const stage = await startStage('corezoid', { policies: { removeGroups: true } });
    const id = await joined(stage, ANA);
    const group = await stage.addGroup('Sales', id);
    await settled(stage);
    await stage.forgetCalls();
    await stage.send('DELETE', `/Groups/${group}`);
    expect((await sentSince(stage)).filter(({ obj }) => obj === 'group')).toMatchObject([{ type: 'delete' }]);
    expect(await groupsAtVendor(stage, ANA)).toEqual([]);
    expect(await stage.openTasks()).toEqual([]);
    expect(await findAccountOf(stage.db, stage.id, 'group', group)).toBeUndefined();
    expect(await stage.state(id)).toBe('in-sync');
  });

  it('leaves a person in the groups that somebody at the vendor gave', async () => {
    const stage = await startStage('corezoid');
    await stage.seed(ANA, { groups: [198047] });
    const id = await stage.addUser(person(ANA));
    const group = await stage.addGroup('Sales', id);
    await settled(stage);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['TableT8', 'Sales']);
    await stage.send('DELETE', `/Groups/${group}`);
    await settled(stage);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['TableT8']);
  });

  it('whose title Corezoid does not take is refused by name, and its members go on', async () => {
    const stage = await startStage('corezoid');
    const id = await joined(stage, ANA);
    const group = await stage.addGroup('IT', id);
    await eventually(
      async () => (await findAccountOf(stage.db, stage.id, 'group', group))?.lastError?.message,
      expect.stringContaining('“IT”'),
    );
    await eventually(() => stage.state(id), 'in-sync');
    expect(await groupsAtVendor(stage, ANA)).toEqual([]);
  });
});

/** Whoever is invited accepts, and the next list shows it. */
async function fetchAcceptance(stage: Stage): Promise<void> {
  await accept(stage, ANA);
  await reconcile(stage);
}

describe('A Group that is mirrored to Attention', () => {
  const MIRROR = { policies: { groups: 'mirror' as const } };

  it('is a team by the same title, without the prefix that Attention shows', async () => {
    const stage = await startStage('attention', MIRROR);
    const id = await stage.addUser(person(ANA));
    await stage.forgetCalls();
    await stage.addGroup('Sales', id);
    await settled(stage);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['[Attention] Sales']);
    expect((await stage.calls('/teams')).filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('is created and renamed, and its members fall back to the default team when it is deleted', async () => {
    const stage = await startStage('attention', MIRROR);
    const id = await stage.addUser(person(ANA));
    const group = await stage.addGroup('Night shift', id);
    await settled(stage);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['[Attention] Night shift']);
    await stage.patchGroup(group, { op: 'replace', path: 'displayName', value: 'Late shift' });
    await settled(stage);
    expect((await stage.calls('PATCH /v2/organizations/teams/')).map(({ body }) => body)).toEqual([
      '{"name":"Late shift"}',
    ]);
    await stage.send('DELETE', `/Groups/${group}`);
    await settled(stage);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['[Attention] General']);
    expect((await stage.openTasks()).map(({ kind }) => kind)).toEqual(['remove-group']);
  });
});

describe('A Group that rules name', () => {
  it('gives a single value by the first rule, and the default again to whoever leaves', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA));
    const listeners = await stage.addGroup('Listeners');
    const recorders = await stage.addGroup('Recorders', id);
    await stage.setMapping({
      seatType: {
        rules: [
          { groupId: listeners, groupName: 'Listeners', value: 'listener' },
          { groupId: recorders, groupName: 'Recorders', value: 'recording' },
        ],
      },
    });
    const seat = async () => {
      await settled(stage);
      return (await atVendor(stage, ANA))['settings'];
    };
    await addMember(stage, listeners, id);
    expect(await seat()).toMatchObject({ seat_type: 'listener' });
    await removeMember(stage, listeners, id);
    expect(await seat()).toMatchObject({ seat_type: 'recording' });
    expect((await stage.calls('/teams')).map(({ method }) => method)).toEqual([]);
  });

  it('joins the tags of all that match, and takes back no tag of others', async () => {
    const stage = await startStage('agendize');
    await stage.seed(ANA, { tags: [{ id: 'tag-vip', tag: 'VIP', color: '#000000' }] });
    const id = await stage.addUser(person(ANA));
    const sales = await stage.addGroup('Sales', id);
    const office = await stage.addGroup('Office', id);
    await stage.setMapping({
      tags: {
        rules: [
          { groupId: office, groupName: 'Office', value: [{ tag: 'Office', color: '#ff6633' }] },
          { groupId: sales, groupName: 'Sales', value: [SALES_TAG] },
        ],
      },
    });
    await settled(stage);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['VIP', 'Office', 'Sales']);
    await removeMember(stage, office, id);
    await settled(stage);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['VIP', 'Sales']);
    await stage.send('DELETE', `/Groups/${sales}`);
    await settled(stage);
    expect(await groupsAtVendor(stage, ANA)).toEqual(['VIP']);
  });

  it('takes nothing from somebody who was there before and is in none of them', async () => {
    const stage = await startStage('attention');
    await stage.seed(ANA, { seat_type: 'listener', firstName: 'Ana', lastName: 'Díaz' });
    await stage.addUser(person(ANA));
    await settled(stage);
    expect(await stage.writes()).toEqual([]);
  });

  it('of more than a hundred members reaches every one, as does a change of the mapping', {
    timeout: 60_000,
  }, async () => {
    const stage = await startStage('agendize', { policies: { waitMs: 0 } });
    const addresses = Array.from({ length: 105 }, (_, n) => `person${n}@example.com`);
    const posts = await Promise.all(addresses.map((address) => stage.postUser(person(address))));
    const sales = await stage.addGroup('Sales');
    const rules = [{ groupId: sales, groupName: 'Sales', value: 'of Sales' }];
    await stage.setMapping({ lastName: { rules } });
    await settled(stage);
    const value = posts.map(({ body }) => ({ value: String(body['id']) }));
    expect((await stage.patchGroup(sales, { op: 'add', path: 'members', value })).status).toBe(204);
    const lastNames = async () => {
      await settled(stage);
      return (await stage.vendorAccounts()).map(({ vendor }) => vendor['lastName']);
    };
    expect(await lastNames()).toEqual(addresses.map(() => 'of Sales'));
    await stage.setMapping({});
    expect(await lastNames()).toEqual(addresses.map(() => 'Díaz'));
  });
});

describe('Groups that are switched off', () => {
  it('are stored and change nothing at the vendor', async () => {
    const stage = await startStage('corezoid', { policies: { groups: 'off' } });
    const id = await joined(stage, ANA);
    await stage.addGroup('Sales', id);
    await settled(stage);
    expect(await stage.calls()).toEqual([]);
    expect((await stage.send('GET', '/Groups')).body['totalResults']).toBe(1);
  });
});

describe('What the extension attribute says', () => {
  it('wins over the rules of groups', async () => {
    const stage = await startStage('attention');
    const id = await stage.addUser(person(ANA, { [ATTENTION]: { seatType: 'recording' } }));
    const group = await stage.addGroup('Listeners', id);
    await stage.forgetCalls();
    await stage.setMapping({
      seatType: { rules: [{ groupId: group, groupName: 'Listeners', value: 'listener' }] },
    });
    await settled(stage);
    expect(await stage.writes()).toEqual([]);
    await stage.patchUser(id, { op: 'remove', path: `${ATTENTION}:seatType` });
    expect((await stage.calls('PATCH')).map(({ body }) => body)).toEqual(['{"seat_type":"listener"}']);
  });

  it('replaces a tag of the same text by another colour', async () => {
    const stage = await startStage('agendize');
    const id = await joined(stage, ANA, { [AGENDIZE]: { tags: [SALES_TAG] } });
    const value = [{ tag: 'Sales', color: '#ff6633' }];
    await stage.patchUser(id, { op: 'replace', path: `${AGENDIZE}:tags`, value });
    expect((await stage.calls('PUT')).map(({ body }) => JSON.parse(body))).toEqual([{ tags: value }]);
  });
});
