// `npm run simulator`: the simulator of Alibaba Cloud PCA alone; simulator/main.ts says which flags there are.
import '../simulator/main.ts';
