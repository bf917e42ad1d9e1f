/// Taking over what is provisioned: the differences from what is in force, in one turn.
extension Center {
    /// Puts another provisioning in force.
    ///
    /// - A row that was refused, here or by the reader of the tables, keeps its last good version. Of rows with the
    ///   same ID the first counts, the others are refused.
    /// - A removed flow takes no new calls and keeps its definition until its calls have ended; a removed agent
    ///   finishes his call.
    /// - An agent seen for the first time is logged in if his row says so. Later a row changes the log-in only when its
    ///   `logstate` changes.
    /// - A changed priority or skill moves the waiting calls. At the end, whatever can be matched is.
    package mutating func provision(
        _ provisioning: Provisioning,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) -> ProvisioningReport {
        var report = ProvisioningReport()
        report.refused = provisioning.refused
        provisionFlows(provisioning, into: &report)
        provisionAgents(provisioning, into: &report, now: now, out: &out)
        report.doubtful = doubtfulFlows
        matchAll(now: now, out: &out)
        // Skills and rules may have changed as well as log-ins.
        overflowAbandonedFlows(skills: 0..<skills.capacity, out: &out)
        return report
    }

    private mutating func provisionFlows(_ provisioning: Provisioning, into report: inout ProvisioningReport) {
        var named = Set(provisioning.refused.lazy.filter { $0.table == Provisioning.flowsTable }.map(\.id))
        var accepted = Set<String>()
        var definitions: [FlowDefinition] = []
        for flow in provisioning.flows {
            named.insert(flow.id)
            if let reason = reasonToRefuse(flow.id, accepted: accepted) ?? reasonToRefuse(flow) {
                report.refused.append(.init(table: Provisioning.flowsTable, id: flow.id, reason: reason))
                continue
            }
            accepted.insert(flow.id)
            definitions.append(flow)
        }
        for index in flowOrder where !flows[index].isRemoved && !named.contains(flows[index].definition.id) {
            report.removedFlows.append(flows[index].definition.id)
            flows[index].isRemoved = true
            if flows[index].calls == 0 { forget(flow: index) }
        }
        for definition in definitions {
            if let index = flowIndex[definition.id] {
                if flows[index].isRemoved {
                    report.addedFlows.append(definition.id)
                } else if flows[index].definition != definition {
                    report.changedFlows.append(definition.id)
                }
                change(flow: index, to: definition)
            } else {
                report.addedFlows.append(definition.id)
                let skill = retainSkill(definition.skill)
                flowIndex[definition.id] = flows.insert(FlowEntry(definition: definition, skill: skill))
            }
        }
        if !report.addedFlows.isEmpty || !report.removedFlows.isEmpty { sortFlows() }
    }

    private mutating func provisionAgents(
        _ provisioning: Provisioning,
        into report: inout ProvisioningReport,
        now: Milliseconds,
        out: inout [CenterEffect]
    ) {
        var named = Set(provisioning.refused.lazy.filter { $0.table == Provisioning.agentsTable }.map(\.id))
        var accepted = Set<String>()
        var definitions: [AgentDefinition] = []
        for agent in provisioning.agents {
            named.insert(agent.id)
            if let reason = reasonToRefuse(agent.id, accepted: accepted) {
                report.refused.append(.init(table: Provisioning.agentsTable, id: agent.id, reason: reason))
                continue
            }
            accepted.insert(agent.id)
            definitions.append(agent)
        }
        for index in agentOrder where !agents[index].isRemoved && !named.contains(agents[index].definition.id) {
            report.removedAgents.append(agents[index].definition.id)
            remove(agent: index, now: now, out: &out)
        }
        for definition in definitions {
            let index: Int
            var isFirstSeen = true
            if let known = agentIndex[definition.id] {
                index = known
                isFirstSeen = agents[index].isRemoved
                if isFirstSeen {
                    report.addedAgents.append(definition.id)
                } else if agents[index].definition != definition {
                    report.changedAgents.append(definition.id)
                }
            } else {
                report.addedAgents.append(definition.id)
                index = agents.insert(AgentEntry(definition: definition, since: now))
                agentIndex[definition.id] = index
            }
            let isLoginChanged = isFirstSeen || agents[index].definition.isLoggedIn != definition.isLoggedIn
            change(agent: index, to: definition)
            if isLoginChanged { setLogin(agent: index, loggedIn: definition.isLoggedIn, now: now, out: &out) }
        }
        if !report.addedAgents.isEmpty || !report.removedAgents.isEmpty { sortAgents() }
    }

    private var doubtfulFlows: [Provisioning.DoubtfulRow] {
        flowOrder.compactMap { index in
            guard !flows[index].isRemoved else { return nil }
            let problem = flows[index].definition.overflowProblem { id in
                flowIndex[id].map { !flows[$0].isRemoved } ?? false
            }
            return problem.map { .init(table: Provisioning.flowsTable, id: flows[index].definition.id, reason: $0) }
        }
    }

    private func reasonToRefuse(_ id: String, accepted: Set<String>) -> String? {
        if id.isEmpty { return "the ID is empty; expected a name" }
        if accepted.contains(id) { return "another row has the same ID; the first one counts" }
        return nil
    }

    private func reasonToRefuse(_ flow: FlowDefinition) -> String? {
        flow.skill.isEmpty ? "the skill is empty; expected what an agent must be able to do" : nil
    }
}

// MARK: - Flows

extension Center {
    /// With its waiting calls the flow moves to the place that the new priority and skill give it.
    private mutating func change(flow index: Int, to definition: FlowDefinition) {
        flows[index].isRemoved = false
        guard flows[index].definition != definition else { return }
        let (oldSkill, newSkill) = (flows[index].skill, retainSkill(definition.skill))
        if let key = skillKey(ofFlow: index) { queues.remove(at: key, from: &skills[oldSkill].waiting) }
        flows[index].definition = definition
        flows[index].skill = newSkill
        if let key = skillKey(ofFlow: index) { queues.insert(index, at: key, into: &skills[newSkill].waiting) }
        releaseSkill(oldSkill)
    }

    /// Lets a removed flow go once its last call has ended.
    mutating func releaseFlowIfDone(_ index: Int) {
        guard flows[index].isRemoved, flows[index].calls == 0 else { return }
        flowOrder.removeAll { $0 == index }
        forget(flow: index)
    }

    /// What the flow counted stays in the totals. `flowOrder` is up to the caller.
    private mutating func forget(flow index: Int) {
        retired += flows[index].statistics
        if let base = flows[index].base {
            var total = retiredBase ?? FlowStatistics()
            total += base.value
            retiredBase = total
        }
        flowIndex[flows[index].definition.id] = nil
        releaseSkill(flows[index].skill)
        flows.remove(at: index)
    }

    mutating func sortFlows() {
        flowOrder = (0..<flows.capacity).filter(flows.isOccupied)
            .sorted { flows[$0].definition.id.precedes(flows[$1].definition.id) }
    }
}

// MARK: - Agents

extension Center {
    private mutating func change(agent index: Int, to definition: AgentDefinition) {
        agents[index].isRemoved = false
        let hasSameSkills = agents[index].skills.map { skills[$0].name } == definition.skills
        agents[index].definition = definition
        if hasSameSkills { return }
        let wasIdle = agents[index].isIdle
        leaveIdle(agent: index)
        replaceSkills(ofAgent: index, by: definition.skills)
        if wasIdle { enterIdle(agent: index) }
    }

    /// An agent without a call, and without a leg that is being ended, is gone at once. `agentOrder` is up to the
    /// caller.
    private mutating func remove(agent index: Int, now: Milliseconds, out: inout [CenterEffect]) {
        setLogin(agent: index, loggedIn: false, now: now, out: &out)
        replaceSkills(ofAgent: index, by: [])
        agents[index].isRemoved = true
        switch agents[index].activity {
        case .free: forget(agent: index)
        case .incall: break
        case .wrapup(let wrapup):
            guard wrapup.clearingSince == nil else { return }
            change(agent: index, now: now, out: &out) { $0.activity = .free }
            forget(agent: index)
        }
    }

    /// Lets a removed agent go who has nothing left to do.
    mutating func release(agent index: Int) {
        agentOrder.removeAll { $0 == index }
        forget(agent: index)
    }

    private mutating func forget(agent index: Int) {
        agentIndex[agents[index].definition.id] = nil
        agents.remove(at: index)
    }

    /// He must not be idle.
    private mutating func replaceSkills(ofAgent index: Int, by names: [String]) {
        let isLoggedIn = agents[index].isLoggedIn
        let old = agents[index].skills
        var new: [Int] = []
        var seen = Set<String>()
        for name in names where seen.insert(name).inserted {
            let skill = retainSkill(name)
            if isLoggedIn { skills[skill].logged += 1 }
            new.append(skill)
        }
        agents[index].skills = SkillPositions(new)
        for skill in old {
            if isLoggedIn { skills[skill].logged -= 1 }
            releaseSkill(skill)
        }
    }

    mutating func sortAgents() {
        agentOrder = (0..<agents.capacity).filter(agents.isOccupied)
            .sorted { agents[$0].definition.id.precedes(agents[$1].definition.id) }
    }
}

// MARK: - Skills

extension Center {
    /// The dense number of a skill; each call is matched by one of `releaseSkill`.
    mutating func retainSkill(_ name: String) -> Int {
        if let index = skillIndex[name] {
            skills[index].users += 1
            return index
        }
        let index = skills.insert(SkillEntry(name: name, users: 1))
        skillIndex[name] = index
        return index
    }

    private mutating func releaseSkill(_ index: Int) {
        skills[index].users -= 1
        guard skills[index].users == 0 else { return }
        skillIndex[skills[index].name] = nil
        skills.remove(at: index)
    }
}

extension String {
    /// Bytewise order, the same everywhere.
    func precedes(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}
