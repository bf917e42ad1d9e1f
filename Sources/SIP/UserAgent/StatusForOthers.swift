/// What the peer of one leg is told of a refusal that another leg has had.
///
/// Not all of them mean the same to him: a 401 or 407 without a challenge, a 420 without Unsupported, or a 302 without Contact would be
/// against RFC 3261, and he could do nothing about them; a 405, 406 or 415 would list our methods and bodies, which are not what was
/// refused; a 503 would say of us that we are out of service (section 16.7, item 6); and his dialog is not the one that a 481 speaks of.
package func statusForOthers(_ status: Int) -> Int {
    switch status {
    case 300...399, 481: 480
    case 401, 407: 403
    case 405: 501
    case 406, 415: 488
    case 420, 421, 422, 494, 503: 500
    default: status
    }
}
