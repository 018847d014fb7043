import { CallSide } from '../called/call-side.ts';
import type { ServiceKind } from '../kind.ts';
import { InvokedFunction } from './invoked-function.ts';
import type { LambdaService } from './lambda-settings.ts';

/** AWS Lambda functions: a request becomes an event as API Gateway makes it, what the function returns becomes the answer. */
export const lambdaKind: ServiceKind<LambdaService> = {
  open(settings, { timeouts: { connectMs, requestIdleMs }, logger }) {
    const service = new InvokedFunction(settings, connectMs);
    return {
      side: new CallSide({ kind: 'lambda', service, requestIdleMs, logger }),
      service,
      upstream: null,
    };
  },
  forShadows: (settings, connections) => ({ ...settings, connections }),
};
