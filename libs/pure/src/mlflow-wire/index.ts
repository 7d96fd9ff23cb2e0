export {
  invalidValue,
  missingValue,
  parameterError,
  parameterName,
  ruleError,
  tooLong,
} from "./parameter-error.js";
export {
  boolean,
  double,
  int64,
  int64Between,
  isStorableText,
  list,
  protoEnum,
  queryList,
  requiredText,
  requiredTextUpTo,
  text,
  textUpTo,
  timestampMs,
  toWireDouble,
  wireDouble,
} from "./scalars.js";
export { camelCase, message } from "./message.js";
