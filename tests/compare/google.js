// Decoders for google-protobuf from the schema: the same calls of its runtime that `protoc --js_out` writes, which is what
// the React viewer uses. protoc itself is not on npm.

const READ = {
  bool: 'Bool', bytes: 'Bytes', string: 'String', uint32: 'Uint32', uint64: 'Uint64',
};
const KIND = { bool: 'Boolean', bytes: 'Bytes', string: 'String', uint32: 'Int', uint64: 'Int' };
/** What Peerscope adds has numbers from here on, and the React viewer's schema has not. */
const OURS = 1000;

/** Every message of the schema, by its full name. */
function types(namespace, found = []) {
  for (const nested of namespace.nestedArray) {
    if (nested.fieldsArray) found.push(nested);
    if (nested.nestedArray) types(nested, found);
  }
  return found;
}

function field(field) {
  const { id, type, repeated, resolvedType, partOf } = field;
  const oneof = partOf && `, groups[${partOf.parent.oneofsArray.indexOf(partOf)}]`;
  if (resolvedType?.fieldsArray) {
    const name = `m['${resolvedType.fullName}']`;
    const put = repeated
      ? `jspb.Message.addToRepeatedWrapperField(msg, ${id}, value, ${name})`
      : `jspb.Message.set${oneof ? 'OneofWrapper' : 'Wrapper'}Field(msg, ${id}${oneof ?? ''}, value)`;
    return `case ${id}: { const value = new ${name}();
      reader.readMessage(value, ${name}.deserializeBinaryFromReader); ${put}; break; }`;
  }
  const [read, kind] = resolvedType ? ['Enum', 'Enum'] : [READ[type], KIND[type]];
  let put = `jspb.Message.setProto3${kind}Field(msg, ${id}, value)`;
  if (repeated) put = `jspb.Message.addToRepeatedField(msg, ${id}, value)`;
  if (oneof) put = `jspb.Message.setOneofField(msg, ${id}${oneof}, value)`;
  return `case ${id}: { const value = reader.read${read}(); ${put}; break; }`;
}

function message(type) {
  const fields = type.fieldsArray.filter(field => field.resolve().id < OURS);
  const repeated = fields.filter(field => field.repeated).map(field => field.id);
  const groups = type.oneofsArray.map(oneof => oneof.fieldsArray.map(field => field.id));
  return `{ const repeated = ${repeated.length ? JSON.stringify(repeated) : null}, groups = ${groups.length ? JSON.stringify(groups) : null};
    const type = m['${type.fullName}'] = function (data) { jspb.Message.initialize(this, data, 0, -1, repeated, groups); };
    jspb.inherits(type, jspb.Message);
    type.deserializeBinary = bytes => type.deserializeBinaryFromReader(new type(), new jspb.BinaryReader(bytes));
    type.deserializeBinaryFromReader = (msg, reader) => {
      while (reader.nextField()) {
        if (reader.isEndGroup()) break;
        switch (reader.getFieldNumber()) {
          ${fields.map(field).join('\n          ')}
          default: reader.skipField(); break;
        }
      }
      return msg;
    }; }`;
}

/** Constructors by full name, from a schema that protobufjs has parsed. */
export function decoders(root, jspb) {
  const source = `const m = {};\n${types(root).map(message).join('\n')}\nreturn m;`;
  return new Function('jspb', source)(jspb);
}
