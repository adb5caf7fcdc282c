import type { JsonObject } from '../core/json.ts';
import { CORE_GROUP, CORE_USER, type Group, isActive, type Member, type User } from '../core/user.ts';
import type { Membership } from '../store/members.ts';
import type { StoredUser } from '../store/rows.ts';
import type { Scope } from './context.ts';
import { versionTag } from './etag.ts';
import { memberChunks } from './members.ts';
import type { Projection } from './project.ts';

const CORE_USER_TEXT = JSON.stringify(CORE_USER);

export function userLocation(scope: Scope, id: string): string {
  return `${scope.base}/Users/${id}`;
}

export function groupLocation(scope: Scope, id: string): string {
  return `${scope.base}/Groups/${id}`;
}

function meta(resource: User | Group, resourceType: string, location: string): JsonObject {
  return {
    resourceType,
    created: new Date(resource.createdAt).toISOString(),
    lastModified: new Date(resource.modifiedAt).toISOString(),
    location,
    version: versionTag(resource.version),
  };
}

/** The core URN and those of the extensions that hold data (RFC 7643 §3). */
function schemaUrns(core: string, document: JsonObject): string[] {
  return [core, ...Object.keys(document).filter((name) => name.toLowerCase().startsWith('urn:'))];
}

/**
 * The User as the identity provider pushed it, with what the server adds. Nothing is made up for what was never pushed (a
 * `displayName`, say): it would come back from a filter's other side, and after it was removed.
 */
function renderUser(scope: Scope, user: User, groups: readonly Membership[]): JsonObject {
  return {
    schemas: schemaUrns(CORE_USER, user.document),
    id: user.id,
    ...user.document,
    active: isActive(user.document),
    groups: groups.map((group) => renderMembership(scope, group)),
    meta: meta(user, 'User', userLocation(scope, user.id)),
  };
}

export type UserPrinter = (user: StoredUser, groups: readonly Membership[]) => string;

/** Prints Users' answers; whole ones are made of the stored text, as parsing and printing cost the most of a page. */
export function userPrinter(scope: Scope, projection: Projection): UserPrinter {
  if (!projection.isWhole) {
    return (user, groups) => JSON.stringify(projection.project(renderUser(scope, user, groups)));
  }
  const extensions = scope.schemas.user.extensions.map(({ urn }) => JSON.stringify(urn));
  const place = inText(`${scope.base}/Users/`);
  // Memberships of one group are one object for all Users that are read together.
  const printed = new Map<Membership, string>();
  const printMembership = (membership: Membership) => {
    const text = printed.get(membership) ?? JSON.stringify(renderMembership(scope, membership));
    printed.set(membership, text);
    return text;
  };
  return (user, groups) => {
    const { text } = user;
    if (!text.includes('"active":')) return JSON.stringify(renderUser(scope, user, groups));
    const id = inText(user.id);
    const schemas = CORE_USER_TEXT + extensionsIn(text, extensions);
    const memberships = groups.map(printMembership).join();
    const created = new Date(user.createdAt).toISOString();
    const modified = user.modifiedAt === user.createdAt ? created : new Date(user.modifiedAt).toISOString();
    const meta = `"resourceType":"User","created":"${created}","lastModified":"${modified}","location":"${place}${id}","version":"${inText(versionTag(user.version))}"`;
    return `{"schemas":[${schemas}],"id":"${id}",${text.slice(1, -1)},"groups":[${memberships}],"meta":{${meta}}}`;
  };
}

/** As it stands between quotes in JSON. */
function inText(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** The URNs, each after a comma, of the extensions that a stored text has. */
function extensionsIn(text: string, extensions: readonly string[]): string {
  let found = '';
  // A quote inside a text is escaped, so this finds members alone, and only extensions have such names.
  for (let at = text.indexOf('"urn:'); at >= 0; at = text.indexOf('"urn:', at + 1)) {
    const urn = extensions.find((each) => text.startsWith(each, at) && text[at + each.length] === ':');
    if (urn !== undefined) found += `,${urn}`;
  }
  return found;
}

function renderMembership(scope: Scope, group: Membership): JsonObject {
  return {
    value: group.id,
    $ref: groupLocation(scope, group.id),
    display: group.displayName,
    type: group.direct ? 'direct' : 'indirect',
  };
}

function renderMember(scope: Scope, member: Member): JsonObject {
  const location = member.type === 'User' ? userLocation : groupLocation;
  return {
    value: member.value,
    $ref: location(scope, member.value),
    type: member.type,
    ...(member.display === null ? {} : { display: member.display }),
  };
}

async function* memberPieces(scope: Scope, group: Group, projection: Projection): AsyncGenerator<string> {
  const print = projection.isWhole
    ? memberPrinter(scope)
    : (members: readonly Member[]) => {
        const { members: chosen } = projection.project({
          members: members.map((member) => renderMember(scope, member)),
        });
        return JSON.stringify(chosen ?? []).slice(1, -1);
      };
  let separator = '';
  for await (const chunk of memberChunks(scope, group.id)) {
    if (chunk.length > 0) yield separator + print(chunk);
    separator = ',';
  }
}

/** As `renderMember`, as text: a group may have 100,000 of them. */
function memberPrinter(scope: Scope): (members: readonly Member[]) => string {
  const user = inText(userLocation(scope, ''));
  const group = inText(groupLocation(scope, ''));
  return (members) => {
    let text = '';
    for (const { value, type, display } of members) {
      const id = inText(value);
      const shown = display === null ? '' : `,"display":${JSON.stringify(display)}`;
      const comma = text === '' ? '' : ',';
      text += `${comma}{"value":"${id}","$ref":"${type === 'User' ? user : group}${id}","type":"${type}"${shown}}`;
    }
    return text;
  };
}

/** The Group's JSON text in pieces, its members read by key, so that one of any size can be answered. */
export async function* groupPieces(
  scope: Scope,
  group: Group,
  projection: Projection,
): AsyncGenerator<string> {
  const text = JSON.stringify(
    projection.project({
      schemas: schemaUrns(CORE_GROUP, group.document),
      id: group.id,
      ...group.document,
      meta: meta(group, 'Group', groupLocation(scope, group.id)),
    }),
  );
  if (!projection.wants('members')) {
    yield text;
    return;
  }
  yield `${text.slice(0, -1)},"members":[`;
  if (group.memberCount > 0) yield* memberPieces(scope, group, projection);
  yield ']}';
}
