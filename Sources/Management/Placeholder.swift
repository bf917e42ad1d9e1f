import Hummingbird
import ServiceLifecycle
import Logging
import NIOPosix
