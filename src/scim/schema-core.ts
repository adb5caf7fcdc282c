import { EnterpriseUser, Group, User } from 'scimmy/schemas';
import { type Attribute, attribute, type Extension, type ResourceSchema } from './attribute.ts';

type Definition = ReturnType<typeof User.definition.describe>;
type Described = Definition['attributes'][number];

/** Sub-attributes are SCIMMY's own objects until they are written as JSON. */
function describe(definition: { describe(): Definition }): Definition {
  return JSON.parse(JSON.stringify(definition.describe()));
}

/** Corrections by path to what SCIMMY's definitions say. */
const MENDED: Record<string, Partial<Attribute>> = {
  // RFC 7643 §4.2: the name is required; Causeway keeps it unique in its connection, as Entra ID relies on.
  'Group:displayName': { required: true, uniqueness: 'server' },
  // They are ids, and `id` is case-exact (RFC 7643 §3.1).
  'Group:members.value': { caseExact: true },
  'User:groups.value': { caseExact: true },
  'User:password': {
    description: 'Accepted and dropped at once: no password is stored or handed to the vendor.',
  },
};

/** RFC 7643 §2.4 gives every multi-valued attribute this one; SCIMMY's definitions lack it. */
const REFERENCE = attribute({
  name: '$ref',
  type: 'reference',
  caseExact: true,
  referenceTypes: ['external'],
  description: 'The reference URI of the resource that the value stands for, if it is one.',
});

const WITHOUT_DEFAULTS = ['addresses'];

function subAttributesOf(source: Described, where: string): { subAttributes?: Attribute[] } {
  if (source.subAttributes === undefined) return {};
  const own = source.subAttributes.map((sub) => compile(sub, `${where}.${sub.name}`));
  const complete =
    !source.multiValued || WITHOUT_DEFAULTS.includes(source.name) || own.some((sub) => sub.name === '$ref');
  return { subAttributes: complete ? own : [...own, REFERENCE] };
}

function compile(source: Described, where: string): Attribute {
  const { canonicalValues, referenceTypes } = source;
  return {
    name: source.name,
    type: source.type as Attribute['type'],
    multiValued: source.multiValued,
    required: source.required,
    // RFC 7643 §2.3.6 and §2.3.7: binary values and references are case-exact.
    caseExact: source.type === 'reference' || source.type === 'binary' || source.caseExact === true,
    mutability: source.mutability as Attribute['mutability'],
    returned: source.returned as Attribute['returned'],
    uniqueness: (source.uniqueness ?? 'none') as Attribute['uniqueness'],
    description: source.description,
    ...(Array.isArray(canonicalValues) && canonicalValues.length > 0 ? { canonicalValues } : {}),
    ...(Array.isArray(referenceTypes) && referenceTypes.length > 0 ? { referenceTypes } : {}),
    ...subAttributesOf(source, where),
    ...MENDED[where],
  };
}

/** RFC 7643 §3.1; not part of any schema document. */
const COMMON: Attribute[] = [
  attribute({
    name: 'schemas',
    type: 'reference',
    multiValued: true,
    caseExact: true,
    required: true,
    mutability: 'readOnly',
    returned: 'always',
    description: 'The URNs of the schemas that the resource has attributes of.',
  }),
  attribute({
    name: 'id',
    caseExact: true,
    required: true,
    mutability: 'readOnly',
    returned: 'always',
    uniqueness: 'server',
    description: "Causeway's identifier of the resource.",
  }),
  attribute({
    name: 'externalId',
    caseExact: true,
    description: "The identity provider's identifier of the resource.",
  }),
  attribute({
    name: 'meta',
    type: 'complex',
    mutability: 'readOnly',
    description: 'Facts that Causeway keeps about the resource.',
    subAttributes: [
      attribute({
        name: 'resourceType',
        caseExact: true,
        mutability: 'readOnly',
        description: 'User or Group.',
      }),
      attribute({
        name: 'created',
        type: 'dateTime',
        mutability: 'readOnly',
        description: 'When it was made.',
      }),
      attribute({
        name: 'lastModified',
        type: 'dateTime',
        mutability: 'readOnly',
        description: 'When it was last changed.',
      }),
      attribute({
        name: 'location',
        type: 'reference',
        caseExact: true,
        mutability: 'readOnly',
        description: 'The URI of the resource.',
      }),
      attribute({
        name: 'version',
        caseExact: true,
        mutability: 'readOnly',
        description: 'The weak entity tag.',
      }),
    ],
  }),
];

function attributesOf(definition: Definition): Attribute[] {
  return definition.attributes.map((source) => compile(source, `${definition.name}:${source.name}`));
}

function coreSchema(resource: 'User' | 'Group', definition: Definition): Omit<ResourceSchema, 'extensions'> {
  return {
    resource,
    urn: definition.id,
    name: definition.name,
    description: definition.description,
    attributes: [...COMMON, ...attributesOf(definition)],
  };
}

const enterprise = describe(EnterpriseUser.definition);

/** The User schema of RFC 7643 §4.1, without extensions. */
export const CORE_USER_SCHEMA = coreSchema('User', describe(User.definition));
/** The Group schema of RFC 7643 §4.2. */
export const CORE_GROUP_SCHEMA = coreSchema('Group', describe(Group.definition));
/** RFC 7643 §4.3. */
export const ENTERPRISE_EXTENSION: Extension = {
  urn: enterprise.id,
  name: enterprise.name,
  description: enterprise.description,
  required: false,
  attributes: attributesOf(enterprise),
};
/** Names of the common attributes, which schema documents leave out. */
export const COMMON_NAMES: ReadonlySet<string> = new Set(COMMON.map((common) => common.name));
