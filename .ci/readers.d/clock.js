// Preloaded into Azurite: each SIGUSR2 sets its clock forward by 200 s, and says so when it is done.
const Real = Date;
let offset = 0;
globalThis.Date = new Proxy(Real, {
  construct: (target, args, type) => (args.length ? Reflect.construct(target, args, type) : new Real(Real.now() + offset)),
  get: (target, name) => (name === "now" ? () => Real.now() + offset : Reflect.get(target, name, target)),
});
process.on("SIGUSR2", () => {
  offset += 200_000;
  console.log("clock set forward");
});
