import type { Outcome } from '../../session/api';
import type { Controller } from '../controller';
import { explain, refusal } from './wording';

function fail(controller: Controller, reason: unknown) {
  const { message, hint } = explain(reason);
  controller.notify({ level: 'error', text: message, hint });
}

/** Follows a command of the controller; what it rejects with becomes a notice. */
export function follow(controller: Controller, run: Promise<unknown>): void {
  run.catch((reason: unknown) => fail(controller, reason));
}

/** Follows an operation sent to the session; a refusal becomes a notice too. */
export function report(controller: Controller, run: Promise<Outcome>): void {
  run.then(
    outcome => {
      const nack = refusal(outcome);
      if (nack) {
        fail(controller, nack);
      }
    },
    (reason: unknown) => fail(controller, reason)
  );
}
