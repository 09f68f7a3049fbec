// Set-up file of `npm run test:full`: property tests that do not say otherwise try far more inputs.
import { configureGlobal } from 'fast-check';

configureGlobal({ numRuns: 5000 });
