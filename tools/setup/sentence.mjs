// A failure that the user can do something about: one sentence and an exit code of sysexits.h, no stack.
export const EXIT = {
  usage: 64,
  data: 65,
  unavailable: 69,
  software: 70,
  cannotCreate: 73,
  noPermission: 77,
  configuration: 78,
};

export class SetupFailure extends Error {
  constructor(exitCode, message) {
    super(message);
    this.exitCode = exitCode;
  }
}
